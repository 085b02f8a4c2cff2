using System.Security.Cryptography;
using BackupRunner.Backups;
using BackupRunner.Names;

namespace BackupRunner.Tests.Backups;

/// <summary>What somebody who can write the store can do.</summary>
public static class Forged
{
    /// <summary>Makes the manifest in a backup's folder agree with the archive there, with nothing counted.</summary>
    public static void Manifest(string folder)
    {
        var path = Path.Join(folder, BackupKeys.ManifestName);
        var archive = File.ReadAllBytes(Path.Join(folder, BackupKeys.ArchiveName));
        var manifest = ManifestFile.Read(File.ReadAllBytes(path), path);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(archive));
        File.WriteAllBytes(path, ManifestFile.Write(manifest with
        {
            Stored = manifest.Stored with { Bytes = archive.Length, Sha256 = sha256 },
            Archive = new ManifestArchive { Source = ManifestArchive.FromTar },
        }));
    }
}
