using BackupRunner.Storage.Retry;

namespace BackupRunner.Tests.Storage.Retry;

public sealed class RetryPolicyTests
{
    static readonly RetryHint Silent = new(null, Answered: false);
    static readonly RetryHint Answered = new(null, Answered: true);

    [Theory]
    [InlineData(1, 0.25)]
    [InlineData(2, 0.5)]
    [InlineData(3, 1)]
    [InlineData(7, 16)]
    [InlineData(8, 30)]
    [InlineData(1_000_000, 30)]
    public void Each_wait_is_twice_the_last_up_to_the_longest(int attempts, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), new RetryPolicy { Jitter = () => 1 }.Delay(attempts, TimeSpan.Zero, known: true, Silent));

    [Fact]
    public void Chance_takes_up_to_half_of_a_wait()
    {
        Assert.Equal(TimeSpan.FromSeconds(0.5), new RetryPolicy { Jitter = () => 0 }.Delay(3, TimeSpan.Zero, known: true, Silent));
        var drawn = Enumerable.Range(0, 100).Select(_ => new RetryPolicy().Delay(3, TimeSpan.Zero, known: true, Silent)!.Value).ToList();
        Assert.All(drawn, wait => Assert.InRange(wait.TotalSeconds, 0.5, 1));
        Assert.True(drawn.Distinct().Count() > 10);
    }

    [Fact]
    public void The_wait_that_was_asked_for_is_kept_when_it_is_longer()
    {
        var policy = new RetryPolicy { Jitter = () => 1 };
        Assert.Equal(TimeSpan.FromMinutes(2), policy.Delay(1, TimeSpan.Zero, known: true, new RetryHint(TimeSpan.FromMinutes(2), Answered: true)));
        Assert.Equal(TimeSpan.FromSeconds(0.25), policy.Delay(1, TimeSpan.Zero, known: true, new RetryHint(TimeSpan.Zero, Answered: true)));
        Assert.Null(policy.Delay(1, TimeSpan.Zero, known: true, new RetryHint(TimeSpan.FromMinutes(16), Answered: true)));
    }

    [Fact]
    public void A_store_that_never_answered_is_given_up_soon_and_one_that_did_is_not()
    {
        var policy = new RetryPolicy { Jitter = () => 1 };
        var failing = TimeSpan.FromSeconds(14.9);
        Assert.Null(policy.Delay(1, failing, known: false, Silent));
        Assert.NotNull(policy.Delay(1, failing, known: true, Silent));
        Assert.NotNull(policy.Delay(1, failing, known: false, Answered));
        Assert.Null(policy.Delay(1, TimeSpan.FromMinutes(15), known: true, Answered));
        Assert.Null(policy.Delay(1, TimeSpan.Zero, known: false, Silent with { OnceKnown = true }));
        Assert.NotNull(policy.Delay(1, TimeSpan.Zero, known: true, Silent with { OnceKnown = true }));
    }
}
