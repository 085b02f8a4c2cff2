using System.Text.Json;
using BackupRunner.Storage;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>A user with a folder of data and a store of any provider.</summary>
public sealed class Site : IAsyncDisposable
{
    readonly Scratch scratch = new();
    readonly IStoreUnderTest store;

    public Site(IStoreUnderTest store)
    {
        this.store = store;
        Runner = new RunnerCall(scratch["state"]);
        scratch.Folder("data");
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public RunnerCall Runner { get; }

    public Scratch Scratch => scratch;

    public string Data => scratch["data"];

    public IObjectStore Objects => store.Store;

    /// <summary>The options that name the store.</summary>
    /// <param name="body">The other sections of the policy, in YAML, without indentation.</param>
    public string[] Store(string body = "") => Store(store.PolicyYaml, body);

    public string[] Prefixed(string prefix) => Store($"{store.PolicyYaml}, prefix: '{prefix}'", "");

    /// <param name="storage">What stands between the braces of <c>storage: {...}</c>.</param>
    /// <param name="credentials">In place of the store's own.</param>
    public string[] Store(string storage, string body, string? credentials = null)
    {
        var indented = string.Join('\n', body.Split('\n').Select(line => line.Length > 0 ? "  " + line : line));
        var policy = scratch.File($"policy-{Guid.NewGuid():n}.yaml", $"backup:\n  storage: {{{storage}}}\n{indented}\n");
        credentials ??= store.CredentialsFolder;
        return credentials is not null ? ["--policy", policy, "--credentials", credentials] : ["--policy", policy];
    }

    /// <summary>With a policy that says no more than where the backups are.</summary>
    public Task<RunnerResult> Run(string verb, params string[] more) => Runner.InProcess([verb, "--data", Data, .. Store(), .. more]);

    /// <summary>Backs up and returns the id.</summary>
    public async Task<string> BackUp(params string[] more)
    {
        var result = (await Run("backup", [.. more, "--output", "json"])).Exited(0);
        return JsonDocument.Parse(result.Out).RootElement.GetProperty("backups")[0].GetProperty("id").GetString()!;
    }

    public Task<List<string>> Keys() => Objects.List("", Cancel).Select(stored => stored.Key).ToListAsync(Cancel).AsTask();

    /// <summary>Copies all that is stored to files of the same names, and returns the folder of the one backup, or of the one with this id.</summary>
    public async Task<string> Download(string id = "*")
    {
        var root = Path.Join(scratch.Path, "downloaded");
        Shell.Run("rm", "-rf", root);
        await foreach (var stored in Objects.List("", Cancel))
        {
            var path = Path.Join(root, stored.Key);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using var file = File.Create(path);
            await using var content = await Objects.OpenRead(stored, 0, Cancel);
            await content.CopyToAsync(file, Cancel);
        }
        return Shell.Bash($"ls -d {root}/*/*/*/*/{id}").Trim();
    }

    /// <summary>Makes the store hold what a script has made of the downloaded files.</summary>
    public async Task Damage(string script, string id = "*")
    {
        var folder = await Download(id);
        Shell.Bash($$"""
            flip() {
                byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
                printf "\\$(printf %03o $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
            }
            cd {{folder}}
            {{script}}
            """);
        await Upload(Path.Join(scratch.Path, "downloaded"));
    }

    /// <summary>Makes the store hold what it holds now whenever it is asked to.</summary>
    public async Task<Func<Task>> Remember()
    {
        await Download();
        var kept = scratch[Guid.NewGuid().ToString("n")];
        Shell.Run("cp", "-r", Path.Join(scratch.Path, "downloaded"), kept);
        return () => Upload(kept);
    }

    async Task Upload(string root)
    {
        foreach (var key in (await Keys()).Where(key => !File.Exists(Path.Join(root, key))))
            await Objects.Delete(key, Cancel);
        foreach (var path in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
            await Objects.Put(Path.GetRelativePath(root, path), await File.ReadAllBytesAsync(path, Cancel), Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        scratch.Dispose();
    }
}
