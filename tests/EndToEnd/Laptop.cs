using System.Text.Json;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>A user with a folder of data and a folder for backups.</summary>
public sealed class Laptop : IDisposable
{
    readonly Scratch scratch = new();

    public Laptop()
    {
        Runner = new RunnerCall(scratch["state"]);
        scratch.Folder("data");
    }

    public RunnerCall Runner { get; init; }

    public Scratch Scratch => scratch;

    public string Data => scratch["data"];

    public string Store => scratch["store"];

    string[] Named => ["--data", Data, "--store", Store];

    public Task<RunnerResult> Run(string verb, params string[] more) => Runner.InProcess([verb, .. Named, .. more]);

    public RunningRunner Start(string verb, params string[] more) => Runner.Start([verb, .. Named, .. more]);

    /// <summary>Backs up and returns the id.</summary>
    public async Task<string> BackUp(params string[] more)
    {
        var result = (await Run("backup", [.. more, "--output", "json"])).Exited(0);
        return JsonDocument.Parse(result.Out).RootElement.GetProperty("backups")[0].GetProperty("id").GetString()!;
    }

    /// <summary>The folder of the one backup, or of the one with this id.</summary>
    public string Folder(string id = "*") => Shell.Bash($"ls -d {Store}/local/local/folder.*/data/{id}").Trim();

    /// <summary>All that is in the store, one path a line.</summary>
    public string Stored() => Directory.Exists(Store) ? Shell.Bash($"cd {Store}; find . -mindepth 1 | sort") : "";

    public string Policy(string yaml) => scratch.File("policy.yaml", yaml);

    public void Dispose() => scratch.Dispose();
}
