using BackupRunner.Encryption;
using BackupRunner.Reports;
using BackupRunner.Tests.Archive;
using BackupRunner.Tests.Restore;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Encryption;

/// <summary>gpg sees nothing of the user's, and nobody sees the passphrase.</summary>
[Collection(nameof(GpgProcesses))]
public sealed class GpgSurroundingsTests : IDisposable
{
    const string Hostile = "compress-algo bzip2\ncipher-algo 3DES\ns2k-digest-algo SHA1\ns2k-count 1024\narmor\nverbose\nset-filename secret.txt\nthrow-keyids\ntextmode\nmax-output 10\n";

    readonly Scratch scratch = new();
    readonly Scratch memory = new("/dev/shm");
    readonly DataKey key = Gpg.Key();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        key.Dispose();
        memory.Dispose();
        scratch.Dispose();
        Gpg.NothingIsLeft();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_passphrase_is_nowhere_while_gpg_runs(bool decrypting)
    {
        var passphrase = Gpg.Passphrase(key);
        var plain = Data.Random(2_000_000);
        var stored = await Gpg.Encrypt(key, plain);
        using var secret = new Variable("REDISCLI_AUTH", "another secret");
        var source = new GatedSource(stored, 1_000_000);
        var sink = new MemoryStream();
        await using var encrypting = decrypting ? null : await new GpgCipher(key).Encrypt(sink, Cancel);
        await using var reading = decrypting ? await new GpgCipher(key).Decrypt(source, Cancel) : null;
        if (encrypting is not null)
            await encrypting.WriteAsync(plain.AsMemory(0, 1_500_000), Cancel);
        else
            await reading!.ReadExactlyAsync(new byte[500_000], Cancel);

        var (id, text) = Assert.Single(Gpg.Processes());
        Assert.DoesNotContain(passphrase, text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Convert.ToHexString(key.Material), text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("another secret", text, StringComparison.Ordinal);
        var home = Assert.Single(Gpg.Homes());
        Assert.Equal("700 0:0\n", Shell.Run("stat", "-c", "%a %u:%g", home));
        Assert.Empty(Directory.GetFileSystemEntries(home));
        Assert.Equal("", Shell.Bash($"find /proc/{id}/fd -type l -printf '%l\\n' | grep -vE '^(pipe:|/dev/null|/proc)' || true"));

        if (encrypting is not null)
        {
            await encrypting.WriteAsync(plain.AsMemory(1_500_000), Cancel);
            await encrypting.Complete(Cancel);
            await Gpg.DecryptsTo(plain, key, sink.ToArray());
        }
        else
        {
            source.Open();
            await reading!.CopyToAsync(sink, Cancel);
            Assert.Equal(1_500_000, sink.Length);
        }
    }

    [Fact]
    public async Task No_error_holds_the_passphrase()
    {
        using var other = Gpg.Key(8);
        var refused = await Assert.ThrowsAsync<RunnerException>(() => Gpg.Decrypt(other, [.. Enumerable.Repeat((byte)0x8c, 100)]));
        Assert.DoesNotContain(Gpg.Passphrase(other), refused + refused.Hint, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("[GNUPG:]", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_users_own_settings_change_nothing_and_are_not_touched()
    {
        scratch.File("user/.gnupg/gpg.conf", Hostile + "no-such-option\n");
        Shell.Bash($"chmod 700 {scratch["user/.gnupg"]}");
        using var home = new Variable("HOME", scratch["user"]);
        foreach (var folder in new[] { null, scratch["user/.gnupg"] })
        {
            using var gnupgHome = new Variable("GNUPGHOME", folder);
            await LooksAsAlways();
        }
        Assert.Equal(".\n./.gnupg\n./.gnupg/gpg.conf\n", Shell.Bash($"cd {scratch["user"]}; find . | sort"));
    }

    [Fact]
    public async Task A_user_without_settings_gets_none()
    {
        scratch.Folder("user");
        using var home = new Variable("HOME", scratch["user"]);
        using var gnupgHome = new Variable("GNUPGHOME", null);
        await LooksAsAlways();
        Assert.Empty(Directory.GetFileSystemEntries(scratch["user"]));
    }

    // Arguments before ours have the place of the settings in /etc/gnupg/gpg.conf, which gpg reads in any case.
    [Fact]
    public async Task The_administrators_settings_change_nothing()
    {
        var options = string.Join(' ', Hostile.Trim().Split('\n').Select(option => "--" + option));
        Shell.Run("chmod", "755", scratch.File("bin/gpg", $"#!/bin/sh\nexec {Shell.Bash("command -v gpg").Trim()} {options} \"$@\"\n"));
        using var path = new Variable("PATH", $"{scratch["bin"]}:{Environment.GetEnvironmentVariable("PATH")}");
        await LooksAsAlways();
    }

    async Task LooksAsAlways()
    {
        var plain = Data.Text(100_000);
        var stored = await Gpg.Encrypt(key, plain);
        await File.WriteAllBytesAsync(scratch["stored.gpg"], stored, Cancel);
        Gpg.Stock(scratch, Gpg.Passphrase(key), "--no-options --list-packets stored.gpg > packets");
        var packets = await File.ReadAllTextAsync(scratch["packets"], Cancel);
        Assert.Contains("version 4, cipher 9, aead 0,s2k 3, hash 8", packets, StringComparison.Ordinal);
        Assert.Contains("count 65011712 (255)", packets, StringComparison.Ordinal);
        Assert.Contains("mdc_method: 2", packets, StringComparison.Ordinal);
        Assert.Contains("mode b (62)", packets, StringComparison.Ordinal);
        Assert.Contains("name=\"\"", packets, StringComparison.Ordinal);
        Assert.DoesNotContain("compressed packet", packets, StringComparison.Ordinal);
        Assert.Equal(0x8c, stored[0]);
        await Gpg.DecryptsTo(plain, key, stored);
    }

    [Fact]
    public async Task Without_gpg_the_run_ends_with_3()
    {
        using var path = new Variable("PATH", scratch.Folder("empty"));
        var missing = await Assert.ThrowsAsync<RunnerException>(() => new GpgCipher(key).Encrypt(Stream.Null, Cancel));
        Assert.Equal((ExitCode.Command, "install gnupg"), (missing.ExitCode, missing.Hint));
        await Assert.ThrowsAsync<RunnerException>(() => new GpgCipher(key).Decrypt(Stream.Null, Cancel));
    }

    [Theory]
    [InlineData("not a program", null)]
    [InlineData("#!/bin/sh\necho 'gpg: cannot work here' >&2\nexit 2\n", "cannot work here")]
    [InlineData("#!/bin/sh\nexit 7\n", "it exited 7")]
    [InlineData("#!/bin/sh\nexec 0<&-\ncat /proc/version\n", "it exited 0")]
    public async Task A_gpg_that_does_not_work_ends_the_run_with_3(string program, string? message)
    {
        Shell.Run("chmod", "755", scratch.File("bin/gpg", program));
        using var path = new Variable("PATH", $"{scratch["bin"]}:{Environment.GetEnvironmentVariable("PATH")}");
        var failed = await Assert.ThrowsAsync<RunnerException>(() => Gpg.Encrypt(key, new byte[5_000_000]));
        Assert.Equal(ExitCode.Command, failed.ExitCode);
        Assert.Contains(message ?? "cannot start", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gpg_that_does_not_know_our_arguments_is_not_bad_data()
    {
        var stored = await Gpg.Encrypt(key, new byte[1000]);
        Shell.Run("chmod", "755", scratch.File("bin/gpg", $"#!/bin/sh\nexec {Shell.Bash("command -v gpg").Trim()} \"$@\" --status-fd 2 --unheard-of\n"));
        using var path = new Variable("PATH", $"{scratch["bin"]}:{Environment.GetEnvironmentVariable("PATH")}");
        var failed = await Assert.ThrowsAsync<RunnerException>(() => Gpg.Decrypt(key, stored));
        Assert.Equal(ExitCode.Command, failed.ExitCode);
    }

    [Fact]
    public void A_folder_that_is_not_in_memory_or_not_there_is_passed_over()
    {
        using (var home = GpgHome.Create(["/proc", scratch["nowhere"], memory.Path]))
            Assert.Equal(memory.Path, Path.GetDirectoryName(home.Path));
        Assert.Empty(Directory.GetFileSystemEntries(memory.Path));
        var none = Assert.Throws<RunnerException>(() => GpgHome.Create(["/proc", scratch["nowhere"]]));
        Assert.Equal(ExitCode.Usage, none.ExitCode);
        Assert.Contains("\"/proc\" (it is on proc)", none.Message, StringComparison.Ordinal);
        Assert.Contains("medium: Memory", none.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Works_for_an_ordinary_user_without_a_home()
    {
        using var home = new Variable("HOME", "/nonexistent");
        var forbidden = memory.Folder("forbidden");
        var plain = Data.Random(100_000);
        var stored = new MemoryStream();
        var decrypted = new MemoryStream();
        OrdinaryUser.Run(() =>
        {
            using (GpgHome.Create([forbidden, "/dev/shm"]))
                Assert.Empty(Directory.GetFileSystemEntries(forbidden));
            using (var encrypting = new GpgCipher(key).Encrypt(stored, Cancel).GetAwaiter().GetResult())
            {
                Assert.Equal($"700 {OrdinaryUser.Id}:{OrdinaryUser.Id}\n", Shell.Run("stat", "-c", "%a %u:%g", Assert.Single(Gpg.Homes())));
                encrypting.Write(plain, 0, plain.Length);
                encrypting.Complete(Cancel).GetAwaiter().GetResult();
            }
            stored.Position = 0;
            using (var reading = new GpgCipher(key).Decrypt(stored, Cancel).GetAwaiter().GetResult())
                reading.CopyToAsync(decrypted, Cancel).GetAwaiter().GetResult();
            return Task.CompletedTask;
        });
        Assert.True(plain.AsSpan().SequenceEqual(decrypted.ToArray()));
    }
}
