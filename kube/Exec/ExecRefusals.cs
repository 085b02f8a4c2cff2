using System.Net;

namespace BackupRunner.Kube;

/// <summary>Gives the server's words when it does not switch to a WebSocket: the WebSocket's own error has none.</summary>
sealed class ExecRefusals(KubeTransport transport, KubeCall call, Patience patience) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await transport.Invoker.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
            return response;
        using (response)
            throw await transport.Failure(call, response, patience);
    }
}
