using System.Globalization;
using System.Net;
using System.Text.Json;

namespace BackupRunner.Kube;

/// <summary>How a command ended: channel 3's Status.</summary>
static class ExecStatus
{
    /// <summary>The exit code; 128 and the signal's number if one ended it.</summary>
    /// <exception cref="KubeException">It did not run to its end: there is no such program, the container is gone.</exception>
    public static int ExitCode(KubeCall call, ReadOnlySpan<byte> json)
    {
        KubeStatus status;
        try
        {
            status = JsonSerializer.Deserialize(json, KubeJson.Default.KubeStatus) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw call.Unreadable(HttpStatusCode.SwitchingProtocols, e);
        }
        if (status.Status == "Success")
            return 0;
        var code = status.Details?.Causes?.Find(cause => cause.Reason == "ExitCode")?.Message;
        return status.Reason == "NonZeroExitCode" && int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw call.Failed(status, (HttpStatusCode)(status.Code ?? (int)HttpStatusCode.InternalServerError));
    }
}
