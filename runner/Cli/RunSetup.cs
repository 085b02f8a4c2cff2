using BackupRunner.Backups;
using BackupRunner.Encryption;
using BackupRunner.Kube;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Sites;
using BackupRunner.Storage;
using BackupRunner.Templates;

namespace BackupRunner.Cli;

/// <summary>What a run works on: the options and the policy, resolved and checked.</summary>
public sealed record RunSetup
{
    public required BackupPolicy Policy { get; init; }

    /// <summary>Of the policy's text; null without a policy.</summary>
    public required string? PolicySha256 { get; init; }

    public required IObjectStore Store { get; init; }

    /// <summary>The real path of a store that is a folder; null for any other.</summary>
    public required string? StorePath { get; init; }

    public required string Prefix { get; init; }

    public required string Cluster { get; init; }

    /// <summary>Null when neither a folder nor a workload was named.</summary>
    public required SeriesId? Series { get; init; }

    /// <summary>The real path of <c>--data</c>, which need not exist; null when it was not given.</summary>
    public required string? Data { get; init; }

    /// <summary>The API server of the workload's cluster; null: the run is on a host.</summary>
    public required KubeConfig? Kube { get; init; }

    public required string State { get; init; }

    public required string ArchivePath { get; init; }

    /// <summary>The folder of the key ring, <c>--keys</c>; null when it was not given.</summary>
    public required string? Keys { get; init; }

    /// <summary>The real path of <see cref="Keys"/>.</summary>
    public string? KeysPath => Keys is null ? null : FolderSeries.RealPathOf(Path.GetFullPath(Keys));

    /// <summary>The file of the ring's current key.</summary>
    public string KeyField => Policy.Settings.Encryption.KeySecretRef?.KeyField ?? new KeySecretReference().KeyField;

    /// <summary>How backups of this policy are encrypted; null: not at all.</summary>
    public BackupEncryption? Encryption => Policy.Settings.Encryption is { Enabled: true } encryption
        ? new BackupEncryption(encryption.Algorithm, OpenRing, encryption.RecoveryPublicKey)
        : null;

    /// <summary>Reads the ring as it is now.</summary>
    /// <exception cref="RunnerException">Exit 2: it was not named; 5: it holds no key.</exception>
    public KeyRing OpenRing() => KeyRing.Open(
        Keys ?? throw new RunnerException(Reports.ExitCode.Usage, "where the keys are is not said", "name the folder that the key Secret is mounted at with --keys; \"keys generate\" makes a key"), KeyField);

    public SeriesId RequiredSeries => Series ?? throw new RunnerException(
        Reports.ExitCode.Usage, "whose backups is not said", "name the folder with --data, or the workload with --workload and --claim");

    public string RequiredData => Data ?? throw new RunnerException(
        Reports.ExitCode.Usage, "the folder is not said", "name it with --data");

    /// <summary>What the policy's templates see.</summary>
    public TemplateModel TemplateModel(BackupId id, WorkloadSide workload) =>
        Templates.TemplateModel.Of(Policy.Values, workload.DataPath ?? Data, id, ArchivePath, workload.Names);

    /// <summary>What the command of a verification sees: the data is where it was extracted, whatever the policy says.</summary>
    public TemplateModel ScratchModel(BackupId id, string folder, string archivePath)
    {
        var series = RequiredSeries;
        var values = new Dictionary<string, object?>(Policy.Values) { ["dataPath"] = folder };
        return Templates.TemplateModel.Of(values, folder, id, archivePath, new WorkloadNames(series.Kind, series.Name, series.Namespace, "", "", series.Claim));
    }
}
