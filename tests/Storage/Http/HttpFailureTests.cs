using System.Net.Sockets;
using System.Security.Authentication;
using BackupRunner.Storage.Http;

namespace BackupRunner.Tests.Storage.Http;

public sealed class HttpFailureTests
{
    static readonly DateTimeOffset Now = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(408, true)]
    [InlineData(429, true)]
    [InlineData(500, true)]
    [InlineData(502, true)]
    [InlineData(503, true)]
    [InlineData(504, true)]
    [InlineData(501, false)]
    [InlineData(507, false)]
    [InlineData(400, false)]
    [InlineData(401, false)]
    [InlineData(403, false)]
    [InlineData(404, false)]
    [InlineData(409, false)]
    [InlineData(412, false)]
    [InlineData(301, false)]
    public void Only_what_can_pass_is_worth_another_try(int status, bool retried) => Assert.Equal(retried, HttpFailure.Retry(status, null) is not null);

    [Fact]
    public void The_password_of_a_proxy_is_not_told()
    {
        var refused = new HttpRequestException(HttpRequestError.ProxyTunnelError, "The proxy tunnel request to proxy 'http://joe:hunter2@proxy:3128/' failed with status code '403'.");
        var told = HttpFailure.OfConnection(refused, new Uri("https://store"))!;
        Assert.Equal("the proxy did not connect to \"store\": The proxy tunnel request to proxy 'http://proxy:3128/' failed with status code '403'", told.What);
    }

    /// <summary>A server among several that is being restarted; or a port that never spoke TLS.</summary>
    [Fact]
    public void A_handshake_that_fails_is_told_by_its_cause_and_tried_again_where_others_succeeded()
    {
        var alert = new IOException("SSL Handshake failed", new InvalidOperationException("error:0A000438:SSL routines::tlsv1 alert internal error"));
        var told = HttpFailure.OfConnection(new HttpRequestException("no connection", new AuthenticationException("Authentication failed, see inner exception.", alert)), new Uri("https://store"))!;
        Assert.Equal("no TLS with \"store\": error:0A000438:SSL routines::tlsv1 alert internal error", told.What);
        Assert.True(told.Retry is { OnceKnown: true, Answered: false });
    }

    [Theory]
    [InlineData(SocketError.HostNotFound, "the host \"store\" is not known")]
    [InlineData(SocketError.NoData, "the host \"store\" is not known")]
    [InlineData(SocketError.TryAgain, "the name of the host \"store\" cannot be resolved now")]
    [InlineData(SocketError.ConnectionRefused, "\"store:9000\" refused the connection")]
    [InlineData(SocketError.HostUnreachable, "there is no way to \"store:9000\"")]
    [InlineData(SocketError.NetworkUnreachable, "there is no way to \"store:9000\"")]
    [InlineData(SocketError.TimedOut, "\"store:9000\" does not answer")]
    [InlineData(SocketError.ConnectionReset, "the connection to \"store:9000\" was cut: ")]
    public void Each_way_in_which_a_socket_fails_has_its_sentence_and_is_worth_another_try(SocketError error, string what)
    {
        var told = HttpFailure.OfConnection(new HttpRequestException("x", new SocketException((int)error)), new Uri("http://store:9000"))!;
        Assert.StartsWith(what, told.What, StringComparison.Ordinal);
        Assert.Equal(new RetryHint(null, Answered: false), told.Retry);
    }

    /// <summary>What ended it is a socket that was cancelled, and that says nothing.</summary>
    [Fact]
    public void A_request_that_stood_still_is_told_as_such_whatever_its_cause()
    {
        var stalled = new TimeoutException("no byte moved for 60 s", new IOException("x", new SocketException((int)SocketError.OperationAborted)));
        var told = HttpFailure.OfConnection(stalled, new Uri("http://store:9000"))!;
        Assert.Equal("\"store:9000\" gave no answer in time: no byte moved for 60 s", told.What);
        Assert.NotNull(told.Retry);
    }

    [Fact]
    public void A_request_that_was_ended_by_none_of_us_is_worth_another_try() =>
        Assert.NotNull(HttpFailure.OfConnection(new TaskCanceledException(), new Uri("http://store:9000"))!.Retry);

    [Fact]
    public void A_failure_of_several_is_found_behind_the_first()
    {
        var several = new AggregateException(new InvalidOperationException(), new IOException("x", new SocketException((int)SocketError.ConnectionRefused)));
        Assert.Equal("\"store:9000\" refused the connection", HttpFailure.OfConnection(several, new Uri("http://store:9000"))!.What);
        Assert.Null(HttpFailure.OfConnection(new AggregateException(new InvalidOperationException(), new ArgumentException("x")), new Uri("http://store:9000")));
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData("0", 0)]
    [InlineData("Sun, 22 Nov 2026 02:01:00 GMT", 60)]
    [InlineData("Sun, 22 Nov 2026 01:00:00 GMT", 0)]
    public void Retry_after_is_seconds_or_a_time(string header, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), HttpFailure.After(header, Now));

    [Theory]
    [InlineData(null)]
    [InlineData("soon")]
    [InlineData("-5")]
    public void A_retry_after_that_says_nothing_is_none(string? header) => Assert.Null(HttpFailure.After(header, Now));
}
