using System.Net.Sockets;
using System.Security.Authentication;

namespace BackupRunner.Kube;

/// <summary>Sends calls: not too many, again where that is safe, and never waiting for ever.</summary>
sealed class KubeTransport : IDisposable
{
    /// <summary>The most that is held of one answer. An object of the API server has 3 MiB at most.</summary>
    public const int MaxAnswerBytes = 64 << 20;

    static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(30);

    readonly KubeConfig config;
    readonly TimeProvider time;
    readonly RateLimit limit;
    readonly TokenSource? tokens;

    public KubeTransport(KubeConfig config, TimeProvider time)
    {
        this.config = config;
        this.time = time;
        limit = new(config.CallsPerSecond, config.CallsAtOnce, time);
        tokens = config.Token is { } token ? new(token, time) : null;
        Invoker = new(KubeHandler.For(config, tokens));
    }

    public HttpMessageInvoker Invoker { get; }

    /// <summary>The whole body of the answer.</summary>
    /// <exception cref="KubeException">It failed, and trying again did not help or was not safe.</exception>
    /// <exception cref="AnswerTooLargeException">It has more than <see cref="MaxAnswerBytes"/>.</exception>
    public Task<PooledBytes> Send(KubeCall call, CancellationToken cancel) => Retry(call, async patience =>
    {
        using var response = await Begin(call, patience);
        return await Body(response, patience);
    }, cancel);

    /// <summary>Does <paramref name="once"/>, and again as long as <see cref="RetryRule"/> says for the call.</summary>
    public async Task<R> Retry<R>(KubeCall call, Func<Patience, Task<R>> once, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            await limit.Wait(cancel);
            using var patience = new Patience(AnswerTimeout, time, cancel);
            TimeSpan? wait;
            try
            {
                return await once(patience);
            }
            catch (KubeException e) when (e.HttpStatus is { } status)
            {
                wait = RetryRule.WaitAfterAnswer(call.Method, status, e.RetryAfter, tries);
                if (wait is null)
                    throw;
            }
            catch (Exception e) when (IsOutage(e) && !cancel.IsCancellationRequested)
            {
                wait = IsCertificate(e) ? null : RetryRule.WaitAfterOutage(call.Method, MayBeSent(e), tries);
                if (wait is null)
                    throw call.Unreachable(Reason(e, patience), e);
            }
            await Task.Delay(wait.Value, time, cancel);
        }
    }

    /// <summary>An answer that goes on for long. Tried once.</summary>
    public async Task<HttpResponseMessage> Open(KubeCall call, CancellationToken cancel)
    {
        await limit.Wait(cancel);
        using var patience = new Patience(AnswerTimeout, time, cancel);
        try
        {
            return await Begin(call, patience);
        }
        catch (Exception e) when (IsOutage(e) && !cancel.IsCancellationRequested)
        {
            throw call.Unreachable(Reason(e, patience), e);
        }
    }

    /// <summary>What an answer says that is no success.</summary>
    public async Task<KubeException> Failure(KubeCall call, HttpResponseMessage response, Patience patience)
    {
        using var body = await Body(response, patience);
        var status = KubeFailure.Status(response.StatusCode, body.Span, KubeFailure.RetryAfter(response, time));
        return call.Failed(status.Message is { } message ? status with { Message = (tokens?.Redact(message) ?? message) } : status, response.StatusCode);
    }

    public void Dispose() => Invoker.Dispose();

    async Task<HttpResponseMessage> Begin(KubeCall call, Patience patience)
    {
        using var request = call.Request(config.Server);
        var response = await Invoker.SendAsync(request, patience.Token);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw await Failure(call, response, patience);
    }

    static async Task<PooledBytes> Body(HttpResponseMessage response, Patience patience)
    {
        var body = new PooledBytes();
        try
        {
            using var stream = await response.Content.ReadAsStreamAsync(patience.Token);
            patience.Renew();
            while (await body.Fill(stream, patience.Token))
            {
                patience.Renew();
                if (body.Count > MaxAnswerBytes)
                    throw new AnswerTooLargeException();
            }
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    string Reason(Exception e, Patience patience)
    {
        var innermost = e;
        while (innermost.InnerException is { } inner)
            innermost = inner;
        return patience.IsOver
            ? $"no answer from {config.Server.Authority} for {patience.Lasts.TotalSeconds:0} s"
            : $"cannot talk to {config.Server.Authority}: {innermost.Message}";
    }

    static bool IsOutage(Exception e) => e is HttpRequestException or IOException or SocketException or OperationCanceledException;

    static bool IsCertificate(Exception e) => e is HttpRequestException { InnerException: AuthenticationException };

    static bool MayBeSent(Exception e) => e is not HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
            or HttpRequestError.ProxyTunnelError
    };
}
