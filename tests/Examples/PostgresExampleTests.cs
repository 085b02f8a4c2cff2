using System.Globalization;
using BackupRunner.Tests.Kube.Simulation;

namespace BackupRunner.Tests.Examples;

/// <summary>manifests/examples/postgresql, with a server that is written to all the time.</summary>
public sealed class PostgresExampleTests : IAsyncLifetime
{
    // As the official image's entrypoint, of which it is what matters here.
    static readonly SimulatedImage Image = new()
    {
        Entrypoint =
        [
            "sh", "-euc", """
                umask 077
                mkdir -p "$PGDATA"
                chmod 700 "$PGDATA"
                if [ ! -s "$PGDATA/PG_VERSION" ]; then
                    printf '%s\n' "$POSTGRES_PASSWORD" > /tmp/password
                    initdb --username=postgres --pwfile=/tmp/password --no-sync $POSTGRES_INITDB_ARGS
                    echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
                fi
                exec postgres -c log_min_messages=warning "$@"
                """, "entrypoint",
        ],
        Environment = new Dictionary<string, string> { ["PATH"] = "/usr/lib/postgresql/15/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
    };

    ExampleNamespace shop = null!;

    public async ValueTask InitializeAsync() => shop = await ExampleNamespace.Apply("postgresql", Image);

    public ValueTask DisposeAsync() => shop.DisposeAsync();

    [Fact]
    public async Task A_database_that_is_written_to_during_its_backup_comes_back_whole()
    {
        // Every number is in both tables, or in neither; enough beside them that the copy takes a while.
        await Query("CREATE TABLE a (n int PRIMARY KEY, x text); CREATE TABLE b (n int PRIMARY KEY); CREATE TABLE c AS SELECT n, repeat(md5(n::text), 20) FROM generate_series(1, 30000) n");
        var writing = shop.Execute($"""
            while [ ! -e /tmp/enough ]; do
                echo "BEGIN; INSERT INTO a SELECT coalesce(max(n), 0) + 1, repeat('x', 2000) FROM a; INSERT INTO b SELECT coalesce(max(n), 0) + 1 FROM b; COMMIT;"
            done | {Client} > /dev/null
            """);
        while (await Number("SELECT count(*) FROM b") == 0)
            Assert.False(writing.IsCompleted);
        var before = await Number("SELECT count(*) FROM b");

        (await shop.BackUp()).Exited(0);

        var after = await Number("SELECT count(*) FROM b");
        Assert.True(after > before, "nothing was written during the backup");
        await shop.Execute("touch /tmp/enough");
        await writing;
        Assert.Empty(await shop.Scratch());
        await Query("DROP TABLE a, b, c; CREATE TABLE other (n int)");

        (await shop.Restore()).Exited(0);

        await shop.UntilReady();
        var restored = await Number("SELECT count(*) FROM b");
        Assert.InRange(restored, before, after);
        Assert.Equal(0, await Number("SELECT count(*) FROM a FULL JOIN b USING (n) WHERE a.n IS NULL OR b.n IS NULL"));
        Assert.Equal(restored, await Number("SELECT max(n) FROM a"));
        Assert.Equal(30000, await Number("SELECT count(*) FROM c"));
        Assert.Equal(0, await Number("SELECT count(*) FROM pg_tables WHERE tablename = 'other'"));
        await shop.Execute($"PGPASSWORD=\"$POSTGRES_PASSWORD\" pg_amcheck --username=postgres --all --install-missing");
    }

    [Fact]
    public async Task A_backup_of_a_server_that_refuses_its_password_fails_and_stores_nothing()
    {
        await Query("ALTER USER postgres PASSWORD 'another'");

        var run = (await shop.BackUp()).Exited(3);

        Assert.Contains("password authentication failed", run.Log, StringComparison.Ordinal);
        Assert.Equal(0, await shop.Stored());
        Assert.Empty(await shop.Scratch());
    }

    const string Client = "PGPASSWORD=\"$POSTGRES_PASSWORD\" psql --username=postgres --no-psqlrc --quiet -At -v ON_ERROR_STOP=1 postgres";

    Task<string> Query(string statements) => shop.Execute($"{Client} <<'END'\n{statements};\nEND");

    async Task<long> Number(string query) => long.Parse(await Query(query), CultureInfo.InvariantCulture);
}
