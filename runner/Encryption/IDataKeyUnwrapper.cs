using BackupRunner.Keys;
using BackupRunner.Names;

namespace BackupRunner.Encryption;

/// <summary>Who can unwrap the data keys of backups: a key ring, or the recovery key.</summary>
public interface IDataKeyUnwrapper
{
    /// <summary>Whether <see cref="Unwrap"/> has a key for it.</summary>
    /// <param name="file">Relative to the backup's folder, as <see cref="BackupKeys.WrapId"/> takes it.</param>
    bool Fits(string file);

    /// <returns>The caller's; null when it does not unwrap.</returns>
    DataKey? Unwrap(WrappedKey wrapped);

    /// <summary>What to say when none of a backup's wrapped keys fits.</summary>
    /// <param name="needed">The ids of the keys that would.</param>
    RunnerException Missing(BackupKeys keys, IReadOnlyList<KeyId> needed);

    /// <summary>What to say when a wrapped key fits and does not unwrap.</summary>
    RunnerException Refused(BackupKeys keys, WrappedKey wrapped);
}
