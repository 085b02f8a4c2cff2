using BackupRunner.Encryption;
using BackupRunner.Tests.Support;
using static BackupRunner.Tests.Encryption.Ciphers;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>The Python program of docs/RECOVERY.md alone, as if nothing had proven the object before.</summary>
public sealed class RecoveryScriptTests : IDisposable
{
    const int Segment = 1 << 20;
    const int First = Segment - 56;
    const int Next = Segment - 16;

    readonly Scratch scratch = new();
    readonly DataKey key = Key();

    public void Dispose()
    {
        key.Dispose();
        scratch.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(First - 1)]
    [InlineData(First)]
    [InlineData(First + 1)]
    [InlineData(First + Next)]
    [InlineData(First + Next + 1)]
    [InlineData(First + (3 * Next) + 12345)]
    public async Task Decrypts_what_the_runner_encrypts(int size)
    {
        var data = Data(size);
        var result = Decrypt(await Encrypt(new GcmCipher(key, Id), data));
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(data, File.ReadAllBytes(scratch["plain"]));
    }

    public static TheoryData<string, string, int> Damages => new()
    {
        { "cut at the end of a segment", "head -c 2M stored", 1 },
        { "cut within a segment", "head -c 1500000 stored", 1 },
        { "cut within the tag", "head -c -1 stored", 3 },
        { "cut within the header", "head -c 39 stored", 0 },
        { "only the header", "head -c 40 stored", 0 },
        { "empty", "true", 0 },
        { "something added", "cat stored; echo x", 3 },
        { "the last segment twice", "cat stored; tail -c 5016 stored", 3 },
        { "two segments exchanged", "piece 0; piece 2; piece 1; piece 3", 1 },
        { "a segment twice", "piece 0; piece 1; piece 1; piece 2; piece 3", 2 },
        { "a segment left out", "piece 0; piece 2; piece 3", 1 },
        { "another salt", "head -c 2 stored; head -c 3 stored | tail -c 1 | tr '\\000-\\377' '\\001-\\377\\000'; tail -c +4 stored", 0 },
        { "another length of the header", "printf '\\051'; tail -c +2 stored", 0 },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Refuses_what_was_altered_and_writes_nothing_of_it(string what, string damage, int segments)
    {
        // Three whole segments, and 5000 bytes in the last.
        var data = Data(First + (2 * Next) + 5000);
        var result = Decrypt(await Encrypt(new GcmCipher(key, Id), data), damage);
        Assert.True(result.ExitCode != 0, $"accepted: {what}");
        Assert.StartsWith("REFUSED", result.Error, StringComparison.Ordinal);
        var written = File.ReadAllBytes(scratch["plain"]);
        Assert.Equal(segments == 0 ? 0 : First + ((segments - 1) * Next), written.Length);
        Assert.True(data.AsSpan().StartsWith(written));
    }

    [Fact]
    public async Task Refuses_another_backup_and_another_key()
    {
        using var other = Key(seed: 9);
        foreach (var cipher in new[] { new GcmCipher(other, Id), new GcmCipher(key, OtherId) })
        {
            Assert.StartsWith("REFUSED: segment 0", Decrypt(await Encrypt(cipher, Data(100))).Error, StringComparison.Ordinal);
            Assert.Empty(File.ReadAllBytes(scratch["plain"]));
        }
    }

    [Fact]
    public void Needs_no_more_memory_for_more_data()
    {
        var small = PeakKilobytes(1);
        var large = PeakKilobytes(48);
        Assert.True(large < small + (8 << 10), $"{small} KiB for one segment, {large} KiB for 48");
    }

    ShellResult Decrypt(byte[] stored, string damage = "cat stored")
    {
        File.WriteAllBytes(scratch["stored"], stored);
        scratch.File("gcm.py", RecoveryPage.GcmScript);
        Shell.Bash($"cd {scratch.Path}; piece() {{ dd if=stored bs=1M skip=$1 count=1 status=none; }}; ({damage}) >altered");
        return Shell.Try("bash", "-c", $"cd {scratch.Path}; /usr/bin/python3 gcm.py {Id} <altered >plain 3< <(printf %s {Hex(key.Material)})");
    }

    int PeakKilobytes(int segments)
    {
        var stored = Encrypt(new GcmCipher(key, Id), new byte[segments * Next]).GetAwaiter().GetResult();
        File.WriteAllBytes(scratch["stored"], stored);
        var measured = RecoveryPage.GcmScript + "import resource\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)\n";
        scratch.File("gcm.py", measured);
        var result = Shell.Try("bash", "-c", $"cd {scratch.Path}; /usr/bin/python3 gcm.py {Id} <stored >plain 3< <(printf %s {Hex(key.Material)})");
        Assert.True(result.ExitCode == 0, result.Error);
        return int.Parse(result.Error, System.Globalization.CultureInfo.InvariantCulture);
    }
}
