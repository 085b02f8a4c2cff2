using BackupRunner.Encryption;
using BackupRunner.Names;

namespace BackupRunner.Backups;

/// <summary>Which manifests are believed.</summary>
/// <param name="Keys">Authenticates those of encrypted backups; null: there are no keys, and they are taken as they are until their data is wanted.</param>
/// <param name="RequiresEncryption">The policy encrypts: what is not encrypted is refused, or taking the encryption away would be a way to plant data.</param>
/// <param name="AllowPlain">Backups that the user takes although they are not encrypted.</param>
public sealed record ManifestTrust(IDataKeyUnwrapper? Keys, bool RequiresEncryption, IReadOnlySet<BackupId> AllowPlain)
{
    /// <summary>Nothing is encrypted, nor has to be.</summary>
    public static readonly ManifestTrust Open = new(null, RequiresEncryption: false, new HashSet<BackupId>());
}
