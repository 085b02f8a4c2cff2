namespace BackupRunner.Tests.Support;

/// <summary>For what another process does and tells nobody.</summary>
static class Eventually
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>Returns once <paramref name="holds"/>; fails the test when it does not come to hold.</summary>
    public static async Task True(Func<Task<bool>> holds, string what)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        while (!await holds())
        {
            Assert.False(patience.IsCancellationRequested, $"never came: {what}");
            await Task.Delay(Look, CancellationToken.None);
        }
    }
}
