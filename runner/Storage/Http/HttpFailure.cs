using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.RegularExpressions;

namespace BackupRunner.Storage.Http;

/// <summary>What is the same for every provider: which answers are worth another try, and what a connection that failed means.</summary>
public static partial class HttpFailure
{
    static readonly HashSet<int> Lasting = [501, 505, 507];

    /// <summary>408, 429 and the 5xx that can pass; never a 4xx that will not change.</summary>
    /// <returns>Null when the same request would be answered the same.</returns>
    public static RetryHint? Retry(int status, TimeSpan? after) =>
        status is 408 or 429 || (status is >= 500 and < 600 && !Lasting.Contains(status)) ? new RetryHint(after, Answered: true) : null;

    /// <summary>The wait that a Retry-After header asks for; a time is taken from <paramref name="now"/>.</summary>
    public static TimeSpan? After(string? header, DateTimeOffset now)
    {
        if (header is null || !RetryConditionHeaderValue.TryParse(header, out var value))
            return null;
        var wait = value.Delta ?? value.Date - now;
        return wait is { } positive && positive >= TimeSpan.Zero ? wait : TimeSpan.Zero;
    }

    /// <summary>A connection that could not be made, was cut or stood still, in the chain of causes of <paramref name="failure"/>.</summary>
    /// <param name="server">Scheme, host and port that were called, for the message.</param>
    /// <returns>Null when it is none of these.</returns>
    public static StoreFailure? OfConnection(Exception failure, Uri server)
    {
        var causes = Causes(failure).ToList();
        if (causes.OfType<RunnerException>().FirstOrDefault() is { } told)
            return new StoreFailure($"\"{server.Authority}\" is not trusted: {told.Message}", told.Hint);
        // What it ended, its cause, is a socket that was cancelled.
        if (causes.OfType<TimeoutException>().FirstOrDefault() is { } timeout)
            return new StoreFailure($"\"{server.Authority}\" gave no answer in time: {timeout.Message}", "is the store overloaded, or the network down", Unanswered);
        if (causes.OfType<SocketException>().FirstOrDefault() is { } socket)
            return OfSocket(socket, server);
        if (causes.OfType<AuthenticationException>().Any())
        {
            return new StoreFailure(
                $"no TLS with \"{server.Authority}\": {causes[^1].Message.TrimEnd('.')}", "does this port speak TLS; for a server without, the endpoint begins with http://",
                Unanswered with { OnceKnown = true });
        }
        if (causes.OfType<HttpRequestException>().FirstOrDefault(http => http.HttpRequestError == HttpRequestError.ProxyTunnelError) is { } proxy)
            return new StoreFailure($"the proxy did not connect to \"{server.Authority}\": {WithoutPasswords(proxy.Message).TrimEnd('.')}", "HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment say which proxy is used", Unanswered);
        // A request that its own time-out ended; whether it was the caller's cancellation is the caller's to see first.
        if (causes.OfType<OperationCanceledException>().Any())
            return new StoreFailure($"\"{server.Authority}\" gave no answer in time", "is the store overloaded, or the network down", Unanswered);
        return causes.Find(cause => cause is IOException or HttpRequestException) is { } cut
            ? new StoreFailure($"the connection to \"{server.Authority}\" was cut: {cut.Message.TrimEnd('.')}", "is the store up, and the network between", Unanswered)
            : null;
    }

    /// <summary>The library names the proxy as the environment does, with its user and password.</summary>
    static string WithoutPasswords(string message) => UserInfo().Replace(message, "//");

    [GeneratedRegex("//[^/@\\s]*@")]
    private static partial Regex UserInfo();

    static RetryHint Unanswered { get; } = new(null, Answered: false);

    static StoreFailure OfSocket(SocketException socket, Uri server) => socket.SocketErrorCode switch
    {
        SocketError.HostNotFound or SocketError.NoData => new StoreFailure(
            $"the host \"{server.Host}\" is not known", "is the endpoint spelled right, and does the resolver know it from here", Unanswered),
        SocketError.TryAgain => new StoreFailure($"the name of the host \"{server.Host}\" cannot be resolved now", "is the resolver of this machine or pod up", Unanswered),
        SocketError.ConnectionRefused => new StoreFailure(
            $"\"{server.Authority}\" refused the connection", "is the store running, and the endpoint's port right", Unanswered),
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => new StoreFailure(
            $"there is no way to \"{server.Authority}\"", "does a network policy or a firewall stop it", Unanswered),
        SocketError.TimedOut => new StoreFailure(
            $"\"{server.Authority}\" does not answer", "does a network policy or a firewall drop the packets", Unanswered),
        _ => new StoreFailure($"the connection to \"{server.Authority}\" was cut: {socket.Message.TrimEnd('.')}", "is the store up, and the network between", Unanswered),
    };

    /// <summary>The failure and what caused it, the nearest first; of several causes, all.</summary>
    public static IEnumerable<Exception> Causes(Exception failure)
    {
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
            if (cause is AggregateException { InnerExceptions.Count: > 1 } several)
            {
                foreach (var other in several.InnerExceptions.Skip(1).SelectMany(Causes))
                    yield return other;
            }
        }
    }
}
