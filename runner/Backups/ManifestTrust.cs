using BackupRunner.Encryption;
using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Backups;

/// <summary>Which manifests are believed.</summary>
/// <param name="Keys">Authenticates those of encrypted backups; null: there are no keys, and they are taken as they are until their data is wanted.</param>
/// <param name="RequiresEncryption">The policy encrypts: what is not encrypted is refused, or taking the encryption away would be a way to plant data.</param>
/// <param name="AllowPlain">Backups that the user takes although they are not encrypted.</param>
public sealed record ManifestTrust(IDataKeyUnwrapper? Keys, bool RequiresEncryption, IReadOnlySet<BackupId> AllowPlain)
{
    /// <summary>False where only encrypted backups are looked for, and no option takes another.</summary>
    public bool OffersAllowPlain { get; init; } = true;

    /// <summary>What to say of a backup that is not encrypted where it should be.</summary>
    public RunnerException RefusalOfPlain(BackupId id) => new(
        ExitCode.Integrity, $"backup \"{id}\" is not encrypted where backups are: nothing proves who stored it",
        OffersAllowPlain ? $"if it is from before encryption was switched on, or from after it was switched off, take it with --allow-plain {id}" : "\"restore\" takes backups that are not encrypted");

    /// <summary>Nothing is encrypted, nor has to be.</summary>
    public static readonly ManifestTrust Open = new(null, RequiresEncryption: false, new HashSet<BackupId>());
}
