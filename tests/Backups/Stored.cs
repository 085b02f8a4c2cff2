using System.Security.Cryptography;
using System.Text;
using BackupRunner.Backups;
using BackupRunner.Names;
using BackupRunner.Storage;

namespace BackupRunner.Tests.Backups;

/// <summary>Puts backups into a store, whole or with something missing, without making them.</summary>
public sealed record Stored(IObjectStore Store, SeriesId Series, string Prefix = "")
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static readonly SeriesId Redis = new("c1", "shop", "statefulset", "redis", "data-redis-0");

    public async Task<BackupKeys> Backup(DateTimeOffset start, bool manifest = true, SeriesId? identity = null)
    {
        var keys = new BackupKeys(Prefix, Series, BackupId.New(start, RandomNumberGenerator.GetBytes(BackupId.RandomBytes)));
        var data = Encoding.UTF8.GetBytes("data of " + keys.Id);
        await Store.Put(keys.Archive(null), data, Cancel);
        await Store.Put(keys.Checksum(null), Encoding.ASCII.GetBytes($"{Sha256(data)}  {BackupKeys.ArchiveName}\n"), Cancel);
        if (manifest)
            await Store.Put(keys.Manifest, ManifestFile.Write(Manifest(keys, start, data, identity ?? Series)), Cancel);
        return keys;
    }

    public static Manifest Manifest(BackupKeys keys, DateTimeOffset start, byte[] data, SeriesId identity) => new()
    {
        FormatVersion = BackupRunner.Backups.Manifest.CurrentFormat,
        Id = keys.Id.Text,
        Identity = new ManifestIdentity(identity.Cluster, identity.Namespace, identity.Kind, identity.Name, identity.Claim),
        Start = start,
        End = start.AddMinutes(1),
        Tool = new ManifestTool("backup-runner", "0.0.0"),
        Archive = new ManifestArchive { Source = ManifestArchive.FromTar, Entries = 1, Files = 0, Bytes = 0, DiskBytes = 4096, Inodes = 1, TarBytes = 10240, TarExit = 0 },
        Gzip = new ManifestGzip(6, 1 << 20, data.Length, Sha256(data)),
        Stored = new ManifestObject(BackupKeys.ArchiveName, data.Length, Sha256(data)),
        Encryption = new ManifestEncryption(ManifestEncryption.None),
        ManifestSha256 = "",
    };

    static string Sha256(byte[] data) => Convert.ToHexStringLower(SHA256.HashData(data));
}
