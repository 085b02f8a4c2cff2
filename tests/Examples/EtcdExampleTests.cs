using System.Globalization;
using BackupRunner.Tests.Kube.Simulation;

namespace BackupRunner.Tests.Examples;

/// <summary>manifests/examples/etcd, with a server that asks for its password and is written to all the time.</summary>
public sealed class EtcdExampleTests : IAsyncLifetime
{
    // The manifest has the command.
    static readonly SimulatedImage Image = new();

    ExampleNamespace shop = null!;

    public async ValueTask InitializeAsync()
    {
        shop = await ExampleNamespace.Apply("etcd", Image);
        // As README.md says.
        await Execute("""
            printf '%s\n' "$ETCDCTL_PASSWORD" | etcdctl user add root --interactive=false
            etcdctl user grant-role root root
            etcdctl auth enable
            """);
    }

    public ValueTask DisposeAsync() => shop.DisposeAsync();

    [Fact]
    public async Task Keys_that_are_written_during_the_backup_come_back_as_of_one_revision()
    {
        // Every transaction writes a key of its own and how many there are.
        var writing = Execute("""
            n=0
            while [ ! -e /tmp/enough ]; do
                n=$((n + 1))
                printf '\nput k/%s x\nput n %s\n\n\n' "$n" "$n" | etcdctl txn > /dev/null
            done
            """);
        while (await Number() == 0)
            Assert.False(writing.IsCompleted);
        var before = await Number();

        (await shop.BackUp()).Exited(0);

        var after = await Number();
        Assert.True(after > before, "nothing was written during the backup");
        await Execute("touch /tmp/enough");
        await writing;
        Assert.Empty(await shop.Scratch());
        await Execute("etcdctl del --prefix ''; etcdctl put other x");

        (await shop.Restore()).Exited(0);

        await shop.UntilReady();
        var restored = await Number();
        Assert.InRange(restored, before, after);
        var keys = (await Execute("etcdctl get --prefix --keys-only ''")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Enumerable.Range(1, (int)restored).Select(number => $"k/{number}").Append("n").Order(StringComparer.Ordinal), keys.Order(StringComparer.Ordinal));
        Assert.Equal("data", (await Execute("ls -A /var/lib/etcd")).Trim());
        // The accounts are in the snapshot too.
        await Assert.ThrowsAnyAsync<Exception>(() => Execute("ETCDCTL_PASSWORD=another etcdctl get n"));
    }

    [Fact]
    public async Task A_backup_of_a_server_that_refuses_its_password_fails_and_stores_nothing()
    {
        await Execute("printf '%s\\n' another | etcdctl user passwd root --interactive=false");

        var run = (await shop.BackUp()).Exited(3);

        Assert.Contains("authentication failed", run.Log, StringComparison.Ordinal);
        Assert.Equal(0, await shop.Stored());
        Assert.Empty(await shop.Scratch());
    }

    // Five seconds, and two for the connection, are little on a busy machine.
    Task<string> Execute(string script) => shop.Execute($"export ETCDCTL_DIAL_TIMEOUT=1m ETCDCTL_COMMAND_TIMEOUT=2m\n{script}");

    async Task<long> Number() => await Execute("etcdctl get --print-value-only n") is { Length: > 0 } text ? long.Parse(text, CultureInfo.InvariantCulture) : 0;
}
