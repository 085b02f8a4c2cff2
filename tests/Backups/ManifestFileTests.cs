using System.Text;
using BackupRunner.Archive;
using BackupRunner.Backups;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Backups;

public sealed class ManifestFileTests
{
    static readonly DateTimeOffset Start = new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero);

    static readonly byte[] File = ManifestFile.Write(Stored.Manifest(
        new BackupKeys("", Stored.Redis, BackupId.New(Start, [1, 2, 3, 4])), Start, "data"u8.ToArray(), Stored.Redis));

    [Fact]
    public void What_was_written_is_read_back() => Assert.Equal(File, ManifestFile.Write(ManifestFile.Read(File, "k")));

    [Fact]
    public void Every_flipped_bit_is_found()
    {
        for (var at = 0; at < File.Length * 8; at++)
        {
            var altered = File.ToArray();
            altered[at / 8] ^= (byte)(1 << (at % 8));
            var refused = Assert.Throws<RunnerException>(() => ManifestFile.Read(altered, "k"));
            Assert.Equal(ExitCode.Integrity, refused.ExitCode);
        }
    }

    [Fact]
    public void Every_cut_is_found()
    {
        for (var length = 0; length < File.Length; length++)
            Assert.Equal(ExitCode.Integrity, Assert.Throws<RunnerException>(() => ManifestFile.Read(File.AsSpan(0, length), "k")).ExitCode);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\"x\"")]
    [InlineData("{\"formatVersion\":1}")]
    [InlineData("{\"formatVersion\":1,\"manifestSha256\": \"00")]
    public void What_is_no_manifest_is_refused(string text) =>
        Assert.Equal(ExitCode.Integrity, Assert.Throws<RunnerException>(() => ManifestFile.Read(Encoding.UTF8.GetBytes(text), "k")).ExitCode);

    [Fact]
    public void A_newer_format_is_refused_by_its_number()
    {
        var newer = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(File).Replace("\"formatVersion\": 1", "\"formatVersion\": 2", StringComparison.Ordinal));
        var refused = Assert.Throws<RunnerException>(() => ManifestFile.Read(newer, "k"));
        Assert.Equal(("\"k\" has formatVersion 2, this program reads 1", ExitCode.Integrity), (refused.Message, refused.ExitCode));
    }

    /// <summary>Sealed as who can write the store can seal it.</summary>
    public static TheoryData<string, Func<Manifest, Manifest>> Planted => new()
    {
        { "no warnings at all", manifest => With(manifest, null!) },
        { "null warning", manifest => With(manifest, [null!]) },
        { "null name", manifest => With(manifest, new ManifestWarning("kind", 1, [null!])) },
        { "negative count", manifest => With(manifest, new ManifestWarning("kind", -1, [])) },
        { "counts that overflow", manifest => With(manifest, new ManifestWarning("kind", long.MaxValue, []), new ManifestWarning("kind", long.MaxValue, [])) },
        { "many warnings", manifest => With(manifest, [.. Enumerable.Repeat(new ManifestWarning("kind", 1, []), 1000)]) },
        { "long id", manifest => manifest with { Id = new string('A', 100_000) } },
        { "long identity", manifest => manifest with { Identity = manifest.Identity with { Claim = new string('A', 100_000) } } },
        { "long version", manifest => manifest with { Tool = manifest.Tool with { Version = new string('A', 100_000) } } },
        { "negative size", manifest => manifest with { Archive = manifest.Archive with { DiskBytes = -1 } } },
    };

    [Theory]
    [MemberData(nameof(Planted))]
    public void What_no_run_can_have_written_is_refused(string what, Func<Manifest, Manifest> plant)
    {
        var planted = ManifestFile.Write(plant(ManifestFile.Read(File, "k")));
        var refused = Assert.Throws<RunnerException>(() => ManifestFile.Read(planted, "k"));
        Assert.True(refused.ExitCode == ExitCode.Integrity && refused.Message.Length < 500, what);
    }

    static Manifest With(Manifest manifest, params ManifestWarning[] warnings) => manifest with { Archive = manifest.Archive with { Warnings = warnings } };

    [Theory]
    [InlineData("\\u001b[2J\\u001b[31mHACK\\r\\nerror: forged")]
    [InlineData("rot13")]
    public void An_unknown_algorithm_is_named_and_steers_no_terminal(string algorithm)
    {
        var file = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(File).Replace("\"algorithm\": \"none\"", $"\"algorithm\": \"{algorithm}\"", StringComparison.Ordinal));
        var refused = Assert.Throws<RunnerException>(() => ManifestFile.ReadHeader(file, "k"));
        Assert.DoesNotContain(refused.Message, character => char.IsControl(character));
        Assert.Contains("does not know", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Stock_tools_check_the_seal()
    {
        using var scratch = new Scratch();
        System.IO.File.WriteAllBytes(scratch["backup.json"], File);
        Shell.Bash($$"""
            cd {{scratch.Path}}
            seal=$(jq -r .manifestSha256 backup.json)
            test "$(sed "s/$seal/$(printf '%064d' 0)/" backup.json | sha256sum)" = "$seal  -"
            """);
    }

    [Fact]
    public void Thousands_of_long_names_in_warnings_do_not_make_a_manifest_too_large_to_be_read()
    {
        var manifest = ManifestFile.Read(File, "k");
        var names = Enumerable.Range(0, 100).Select(i => i + string.Concat(Enumerable.Repeat("\\xff", 4096))).ToList();
        var warnings = Enumerable.Range(0, 8).Select(kind => new ArchiveWarning($"kind {kind}", 5000, names)).ToList();
        var written = ManifestFile.Write(manifest with { Archive = manifest.Archive with { Warnings = ManifestWarning.Of(warnings) } });
        Assert.InRange(written.Length, 1, ManifestFile.MaxBytes);
        Assert.Equal(8 * 5000, ManifestFile.Read(written, "k").Archive.Warnings.Sum(warning => warning.Count));
    }
}
