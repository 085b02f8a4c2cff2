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
