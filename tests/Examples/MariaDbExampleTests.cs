using System.Globalization;
using BackupRunner.Tests.Kube.Simulation;

namespace BackupRunner.Tests.Examples;

/// <summary>manifests/examples/mariadb, with a server that is written to all the time.</summary>
public sealed class MariaDbExampleTests : IAsyncLifetime
{
    // As the official image's entrypoint, of which it is what matters here.
    static readonly SimulatedImage Image = new()
    {
        Entrypoint =
        [
            "sh", "-euc", """
                data=$(mariadbd "$@" --verbose --help 2>/dev/null | awk '$1 == "datadir" { print $2 }')
                mkdir -p "$data"
                if [ ! -d "$data/mysql" ]; then
                    mariadb-install-db "$@" --auth-root-authentication-method=normal --skip-test-db --skip-log-bin > /tmp/install
                    quoted=$(printf '%s' "$MARIADB_ROOT_PASSWORD" | sed "s/['\\\\]/\\\\&/g")
                    printf "FLUSH PRIVILEGES;\nALTER USER root@localhost IDENTIFIED BY '%s';\nDROP USER IF EXISTS ''@localhost;\n" "$quoted" > /tmp/password.sql
                    mariadbd "$@" --bootstrap < /tmp/password.sql
                fi
                exec mariadbd "$@"
                """, "entrypoint",
        ],
    };

    ExampleNamespace shop = null!;

    public async ValueTask InitializeAsync() => shop = await ExampleNamespace.Apply("mariadb", Image);

    public ValueTask DisposeAsync() => shop.DisposeAsync();

    [Fact]
    public async Task A_database_that_is_written_to_during_its_backup_comes_back_whole()
    {
        // Every number is in both tables, or in neither; one more of another engine, and enough beside them that the copy takes a while.
        await Query("CREATE DATABASE shop; USE shop; CREATE TABLE shop.a (n INT PRIMARY KEY, x TEXT); CREATE TABLE shop.b (n INT PRIMARY KEY); "
            + "CREATE TABLE shop.aria (n INT) ENGINE=Aria; INSERT INTO shop.aria VALUES (7); "
            + "CREATE TABLE shop.c AS SELECT seq AS n, repeat(md5(seq), 20) AS x FROM seq_1_to_30000; CREATE PROCEDURE shop.p() SELECT 1");
        var writing = shop.Execute($"""
            while [ ! -e /tmp/enough ]; do
                echo "BEGIN; INSERT INTO shop.a SELECT coalesce(max(n), 0) + 1, repeat('x', 2000) FROM shop.a; INSERT INTO shop.b SELECT coalesce(max(n), 0) + 1 FROM shop.b; COMMIT;"
            done | {Client} > /dev/null
            """);
        while (await Number("SELECT count(*) FROM shop.b") == 0)
            Assert.False(writing.IsCompleted);
        var before = await Number("SELECT count(*) FROM shop.b");

        (await shop.BackUp()).Exited(0);

        var after = await Number("SELECT count(*) FROM shop.b");
        Assert.True(after > before, "nothing was written during the backup");
        await shop.Execute("touch /tmp/enough");
        await writing;
        Assert.Empty(await shop.Scratch());
        await Query("DROP DATABASE shop; CREATE DATABASE other");

        (await shop.Restore()).Exited(0);

        await shop.UntilReady();
        var restored = await Number("SELECT count(*) FROM shop.b");
        Assert.InRange(restored, before, after);
        Assert.Equal(restored, await Number("SELECT count(*) FROM shop.a JOIN shop.b USING (n)"));
        Assert.Equal(restored, await Number("SELECT max(n) FROM shop.a"));
        Assert.Equal(30000, await Number("SELECT count(*) FROM shop.c"));
        Assert.Equal(7, await Number("SELECT n FROM shop.aria"));
        Assert.Equal(1, await Number("CALL shop.p()"));
        Assert.Equal("mysql\nshop\n", await Query("SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT LIKE '%\\_schema' AND schema_name <> 'sys' ORDER BY 1"));
        Assert.DoesNotContain("error", await shop.Execute("MYSQL_PWD=\"$MARIADB_ROOT_PASSWORD\" mariadb-check --user=root --all-databases --check"), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_backup_of_a_server_that_refuses_its_password_fails_and_stores_nothing()
    {
        await Query("ALTER USER root@localhost IDENTIFIED BY 'another'");

        var run = (await shop.BackUp()).Exited(3);

        Assert.Contains("Access denied", run.Log, StringComparison.Ordinal);
        Assert.Equal(0, await shop.Stored());
        Assert.Empty(await shop.Scratch());
    }

    const string Client = "MYSQL_PWD=\"$MARIADB_ROOT_PASSWORD\" mariadb --user=root --batch --skip-column-names --unbuffered";

    Task<string> Query(string statements) => shop.Execute($"{Client} <<'END'\n{statements};\nEND");

    async Task<long> Number(string query) => long.Parse(await Query(query), CultureInfo.InvariantCulture);
}
