using BackupRunner.Kube;
using BackupRunner.Tests.Hooks;

namespace BackupRunner.Tests.Kube;

public sealed class LeaseLockTests : IAsyncLifetime
{
    static readonly TimeSpan Within = TimeSpan.FromSeconds(20);

    readonly ManualTime time = new();
    readonly LeaseBoard board = new();
    ScriptedKube server = null!;
    KubeClient client = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        server = await ScriptedKube.Start(board.Answer, Cancel);
        client = new(new() { Server = server.Address, CallsAtOnce = 100_000 }, time);
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
    }

    LeaseLock Lock() => new(client, "shop", "backup-redis", "us", LeaseTiming.Default, time);

    Task<Lease?> Acquire(LeaseLock us, TimeSpan wait) => time.RunUntil(us.Acquire(wait, Cancel), Within, Cancel);

    Task Run(Task task) => time.RunUntil(Done(task), Within, Cancel);

    Task Until(CancellationToken token)
    {
        var done = new TaskCompletionSource();
        token.Register(done.SetResult);
        return Run(done.Task);
    }

    static async Task<bool> Done(Task task)
    {
        await task;
        return true;
    }

    [Fact]
    public async Task Takes_a_free_lease_and_gives_it_back_with_its_annotations()
    {
        await using var us = Lock();
        var before = await Acquire(us, TimeSpan.Zero);
        Assert.Null(before!.Spec?.HolderIdentity);
        Assert.Equal(("us", 60, 1), (board.Now!.Spec!.HolderIdentity, board.Now.Spec.LeaseDurationSeconds, board.Now.Spec.LeaseTransitions));
        us.Annotate("phase", "archive");
        us.Annotate("id", "a");
        us.Annotate("id", null);
        await us.Release(Cancel);
        Assert.Null(board.Now!.Spec!.HolderIdentity);
        Assert.Equal(new() { ["phase"] = "archive" }, board.Now.Metadata.Annotations);
        Assert.False(us.Lost.IsCancellationRequested);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(0)]
    public async Task Takes_over_from_a_dead_holder_after_its_duration_by_our_own_clock(int hours)
    {
        board.Hold("dead", time.GetUtcNow().AddHours(hours), duration: 90);
        // Others write annotations all the time, which is no sign of life.
        var touched = 0;
        board.AfterRead = () => board.Touch($"{touched++}");
        var began = time.GetUtcNow();
        await using var us = Lock();
        DateTimeOffset? taken = null;
        // Afterwards the clock may run on to the next renewal.
        board.BeforeWrite = () => (board.AfterRead, taken) = (null, taken ?? time.GetUtcNow());
        var before = await Acquire(us, TimeSpan.Zero);
        Assert.Equal("dead", before!.Spec!.HolderIdentity);
        Assert.InRange(taken!.Value - began, TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(95));
        Assert.Equal(("us", 8), (board.Now!.Spec!.HolderIdentity, board.Now.Spec.LeaseTransitions));
    }

    [Fact]
    public async Task Knows_a_live_holder_as_soon_as_it_renews()
    {
        board.Hold("other", time.GetUtcNow().AddHours(-1));
        var began = time.GetUtcNow();
        var reads = 0;
        board.AfterRead = () =>
        {
            if (++reads == 4)
                board.Hold("other", time.GetUtcNow().AddHours(-1).AddSeconds(15));
        };
        await using var us = Lock();
        Assert.Null(await Acquire(us, TimeSpan.Zero));
        Assert.Equal("other", us.Holder);
        Assert.Equal(5, reads);
        Assert.True(time.GetUtcNow() - began < TimeSpan.FromSeconds(30));
        Assert.Equal(0, board.Writes);
    }

    [Fact]
    public async Task Waits_for_a_live_holder_to_release()
    {
        board.Hold("other", time.GetUtcNow());
        var reads = 0;
        board.AfterRead = () =>
        {
            if (++reads == 100)
                board.Hold(null);
            else if (reads < 100 && reads % 5 == 0)
                board.Hold("other", time.GetUtcNow());
        };
        await using var us = Lock();
        Assert.NotNull(await Acquire(us, TimeSpan.FromHours(1)));
        Assert.Equal(101, reads);
    }

    [Fact]
    public async Task Gives_a_holder_its_whole_time_again_after_an_outage()
    {
        board.Hold("other", time.GetUtcNow());
        var reads = 0;
        DateTimeOffset? back = null;
        board.AfterRead = () =>
        {
            if (++reads == 15)
                board.Away = true;
            if (reads == 16)
                back = time.GetUtcNow();
        };
        await using var us = Lock();
        var acquisition = us.Acquire(TimeSpan.FromHours(1), Cancel);
        while (!board.Away)
            time.Advance(await time.NextWait(Within, Cancel));
        var away = time.GetUtcNow();
        while (time.GetUtcNow() - away < TimeSpan.FromSeconds(40))
            time.Advance(await time.NextWait(Within, Cancel));
        board.Away = false;
        Assert.NotNull(await time.RunUntil(acquisition, Within, Cancel));
        Assert.True(time.GetUtcNow() - back >= TimeSpan.FromSeconds(60), $"{time.GetUtcNow() - back}");
    }

    [Fact]
    public async Task Gets_through_a_storm_of_conflicts()
    {
        var storm = 0;
        board.BeforeWrite = () =>
        {
            if (++storm % 8 != 0)
                board.Touch($"{storm}");
        };
        await using var us = Lock();
        Assert.NotNull(await Acquire(us, TimeSpan.Zero));
        us.Annotate("phase", "frozen");
        await Run(us.Confirm(Cancel));
        board.BeforeWrite = null;
        Assert.Equal("frozen", board.Now!.Metadata.Annotations!["phase"]);
        Assert.Contains("other", board.Now.Metadata.Annotations);
        Assert.True(storm >= 16, $"{storm}");
        Assert.False(us.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task Is_lost_when_it_is_deleted()
    {
        await using var us = Lock();
        await Acquire(us, TimeSpan.Zero);
        board.Change(_ => null);
        await Until(us.Lost);
        Assert.Equal("the Lease \"backup-redis\" was deleted", us.LostReason);
        await Assert.ThrowsAsync<LeaseLostException>(() => us.Confirm(Cancel));
    }

    [Fact]
    public async Task Is_lost_when_it_was_deleted_and_made_again()
    {
        await using var us = Lock();
        await Acquire(us, TimeSpan.Zero);
        board.Change(one => one with { Metadata = one.Metadata with { Uid = "u2" } });
        await Until(us.Lost);
        Assert.Equal("the Lease \"backup-redis\" was deleted and made again", us.LostReason);
    }

    [Fact]
    public async Task Is_lost_when_another_has_taken_it_and_is_left_to_it()
    {
        var us = Lock();
        await Acquire(us, TimeSpan.Zero);
        board.Hold("other");
        await Until(us.Lost);
        Assert.Equal("the Lease \"backup-redis\" is held by \"other\"", us.LostReason);
        await us.DisposeAsync();
        Assert.Equal("other", board.Now!.Spec!.HolderIdentity);
    }

    [Fact]
    public async Task Holds_on_through_an_outage_and_renews_after_it()
    {
        await using var us = Lock();
        await Acquire(us, TimeSpan.Zero);
        board.Away = true;
        us.Annotate("phase", "upload");
        var confirmation = us.Confirm(Cancel);
        var began = time.GetUtcNow();
        while (time.GetUtcNow() - began < TimeSpan.FromMinutes(10))
            time.Advance(await time.NextWait(Within, Cancel));
        Assert.False(us.Lost.IsCancellationRequested);
        Assert.False(confirmation.IsCompleted);
        board.Away = false;
        await Run(confirmation);
        Assert.Equal("upload", board.Now!.Metadata.Annotations!["phase"]);
        Assert.False(us.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task Renews_by_itself_and_each_time_with_another_time()
    {
        await using var us = Lock();
        await Acquire(us, TimeSpan.Zero);
        var first = board.Now!.Spec!.RenewTime;
        await us.Confirm(Cancel);
        Assert.NotEqual(first, board.Now!.Spec!.RenewTime);
        var written = new TaskCompletionSource();
        board.BeforeWrite = () => written.TrySetResult();
        var began = time.GetUtcNow();
        await Run(written.Task);
        Assert.Equal(TimeSpan.FromSeconds(15), time.GetUtcNow() - began);
    }

    [Fact]
    public async Task Says_that_there_is_no_such_lease()
    {
        board.Change(_ => null);
        await using var us = Lock();
        var e = await Assert.ThrowsAsync<KubeException>(() => us.Acquire(TimeSpan.Zero, Cancel));
        Assert.True(e.IsNotFound);
        Assert.Equal("get leases.coordination.k8s.io \"backup-redis\" in namespace \"shop\": leases.coordination.k8s.io \"backup-redis\" not found", e.Message);
    }

    [Fact]
    public async Task Leaves_a_lease_to_expire_when_the_server_stays_away()
    {
        var us = Lock();
        await Acquire(us, TimeSpan.Zero);
        board.Away = true;
        var began = time.GetUtcNow();
        await time.RunUntil(Done(us.Release(Cancel)), TimeSpan.FromSeconds(9), Cancel);
        Assert.InRange(time.GetUtcNow() - began, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(11));
        board.Away = false;
        await us.DisposeAsync();
        Assert.Equal("us", board.Now!.Spec!.HolderIdentity);
    }
}
