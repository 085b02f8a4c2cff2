using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Storage;

namespace BackupRunner.Backups;

/// <summary>Whether a manifest belongs where it was found, and what it speaks of is there.</summary>
public static class ManifestCheck
{
    /// <returns>Null when all is well; otherwise the failure that a restore of this backup ends with.</returns>
    public static RunnerException? Problem(BackupKeys keys, Manifest manifest, IReadOnlyList<StoredObject> objects)
    {
        if (manifest.Id != keys.Id.Text || Math.Abs((manifest.Start - keys.Id.Time).TotalSeconds) >= 1)
        {
            return new RunnerException(
                ExitCode.Integrity, $"the manifest under id \"{keys.Id}\" is of backup {Untrusted.Quoted(manifest.Id)}, started {manifest.Start:O}",
                "objects of two backups were mixed in the store; restore another backup");
        }
        return DataProblem(keys, manifest, objects) ?? IdentityProblem(keys, manifest);
    }

    static RunnerException? DataProblem(BackupKeys keys, Manifest manifest, IReadOnlyList<StoredObject> objects)
    {
        var archive = keys.Archive(manifest.Encryption.Encrypts());
        if (keys.Folder + manifest.Stored.Key != archive)
        {
            return new RunnerException(
                ExitCode.Integrity, $"the manifest of backup \"{keys.Id}\" names {Untrusted.Quoted(manifest.Stored.Key)}, which is no archive encrypted by \"{manifest.Encryption.Algorithm}\"",
                "restore another backup; \"list\" shows them");
        }
        return objects.FirstOrDefault(stored => stored.Key == archive) switch
        {
            null => new RunnerException(
                ExitCode.Integrity, $"the data of backup \"{keys.Id}\" is gone: the store has no \"{archive}\"", "restore another backup; \"list\" shows them"),
            var stored when stored.Bytes != manifest.Stored.Bytes => new RunnerException(
                ExitCode.Integrity, $"\"{archive}\" has {stored.Bytes} bytes, the manifest says {manifest.Stored.Bytes}", "restore another backup; \"list\" shows them"),
            _ => null,
        };
    }

    static RunnerException? IdentityProblem(BackupKeys keys, Manifest manifest) => SeriesOf(manifest) == keys.Series
        ? null
        : new RunnerException(
            ExitCode.Usage, $"backup \"{keys.Id}\" lies under {keys.Series} but is of {Untrusted.Quoted(SeriesOf(manifest).ToString())}",
            "objects were copied between series; --allow-other-target restores it all the same");

    public static SeriesId SeriesOf(Manifest manifest)
    {
        var identity = manifest.Identity;
        return new SeriesId(identity.Cluster, identity.Namespace, identity.Kind, identity.Name, identity.Claim);
    }
}
