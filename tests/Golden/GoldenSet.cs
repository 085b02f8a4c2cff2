using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Golden;

/// <summary>A copy of one backup of a golden set, and the runner to read it with.</summary>
public sealed class GoldenSet : IDisposable
{
    public static readonly string[] Algorithms = ["none", "aes256-gcm", "aes256-cbc", "gpg"];

    readonly Scratch scratch = new();

    /// <param name="set">The folder of a set.</param>
    public GoldenSet(string set, string algorithm)
    {
        Shell.Run("cp", "-r", Path.Join(set, algorithm), scratch["store"]);
        Shell.Run("cp", "-r", Path.Join(set, "ring"), scratch["ring"]);
        Keys = algorithm == "none" ? [] : ["--keys", scratch["ring"]];
        RecoveryKey = Path.Join(set, "recovery.pem");
        Contents = File.ReadAllText(Path.Join(set, "contents"));
        scratch.Folder("data");
    }

    public static IReadOnlyList<string> Folders { get; } = [.. Directory.GetDirectories(Repository.PathOf("tests/Golden")).Order(StringComparer.Ordinal)];

    public Scratch Scratch => scratch;

    public string RecoveryKey { get; }

    /// <summary>What must come back.</summary>
    public string Contents { get; }

    public string Ring => scratch["ring"];

    /// <summary>The option that names the ring, where there is something to open.</summary>
    public string[] Keys { get; }

    public string Data => scratch["data"];

    /// <summary>The folder of the backup.</summary>
    public string Backup => Directory.GetDirectories(scratch["store/golden/golden/statefulset.golden/data"]).Single();

    public Task<RunnerResult> Run(string verb, params string[] more) => new RunnerCall(scratch["state"]).InProcess(
        [.. verb.Split(' '), "--store", scratch["store"], "--cluster", "golden", "--namespace", "golden", "--workload", "statefulset/golden", "--claim", "data", .. more]);

    public async Task Restores(string verb, params string[] more)
    {
        Shell.Run("find", Data, "-mindepth", "1", "-delete");
        (await Run(verb, ["--latest", "--data", Data, .. more])).Exited(0);
        Assert.Equal(Contents, Describe(Data));
    }

    /// <summary>All that must survive of the files in a folder, as text.</summary>
    public static string Describe(string folder) => Shell.Run(Repository.PathOf("tests/Golden/describe"), folder);

    public void Dispose() => scratch.Dispose();
}
