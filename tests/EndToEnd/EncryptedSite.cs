using System.Text.Json;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>A user whose policy encrypts, with a key ring and a recovery key.</summary>
public sealed class EncryptedSite
{
    readonly Site site;
    readonly string recovery;

    /// <param name="algorithm">As the policy names it.</param>
    public EncryptedSite(Site site, string algorithm)
    {
        (this.site, Algorithm) = (site, algorithm);
        Ring = new Ring(site.Scratch["ring"]);
        var pem = Shell.Run("openssl", "pkey", "-in", RecoveryKey.File, "-pubout");
        recovery = string.Join('\n', pem.Trim().Split('\n').Select(line => "      " + line));
    }

    public string Algorithm { get; }

    public Ring Ring { get; }

    /// <summary>The options that name the store, by a policy that encrypts.</summary>
    /// <param name="body">Further sections of the policy, in YAML, without indentation.</param>
    public string[] Policy(string body = "", bool withRecovery = true) => site.Store($"""
        settings:
          encryption:
            enabled: true
            algorithm: {Algorithm}
            keySecretRef: {"{name: backup-key}"}
        {(withRecovery ? "    recoveryPublicKey: |\n" + recovery : "")}
        {body}
        """);

    public Task<RunnerResult> Run(string verb, params string[] more) =>
        site.Runner.InProcess([.. verb.Split(' '), "--data", site.Data, .. Policy(), "--keys", Ring.Path, .. more]);

    /// <summary>Backs up and returns the id.</summary>
    public async Task<string> BackUp(params string[] more)
    {
        var result = (await Run("backup", [.. more, "--output", "json"])).Exited(0);
        return JsonDocument.Parse(result.Out).RootElement.GetProperty("backups")[0].GetProperty("id").GetString()!;
    }

    /// <summary>With the private recovery key, and without the ring.</summary>
    public Task<RunnerResult> Recover(params string[] more) =>
        site.Runner.InProcess(["keys", "recover", "--private-key", RecoveryKey.File, "--data", site.Data, .. site.Store(), .. more]);
}

/// <summary>A key pair for all tests: making one takes a second.</summary>
static class RecoveryKey
{
    static readonly Scratch scratch = new();

    static readonly Lazy<string> made = new(() =>
    {
        AppDomain.CurrentDomain.ProcessExit += (_, _) => scratch.Dispose();
        Shell.Run("openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072", "-out", scratch["recovery.pem"]);
        return scratch["recovery.pem"];
    });

    public static string File => made.Value;
}
