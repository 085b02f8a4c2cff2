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

    /// <summary>Null: in the clear.</summary>
    public BackupEncryption? Encryption { get; init; }

    public async Task<BackupKeys> Backup(DateTimeOffset start, bool manifest = true, SeriesId? identity = null)
    {
        var keys = new BackupKeys(Prefix, Series, BackupId.New(start, RandomNumberGenerator.GetBytes(BackupId.RandomBytes)));
        var data = Encoding.UTF8.GetBytes("data of " + keys.Id);
        await Store.Put(keys.Archive(Encryption?.Algorithm), data, Cancel);
        await Store.Put(keys.Checksum(Encryption?.Algorithm), Encoding.ASCII.GetBytes($"{Sha256(data)}  {BackupKeys.ArchiveNameOf(Encryption?.Algorithm)}\n"), Cancel);
        using var envelope = Encryption is null ? null : new Envelope(Encryption, keys);
        var described = Manifest(keys, start, data, identity ?? Series);
        if (envelope is not null)
            described = described with { Encryption = envelope.Encryption, Stored = described.Stored with { Key = BackupKeys.ArchiveNameOf(Encryption!.Algorithm) } };
        var file = ManifestFile.Write(described);
        foreach (var stored in envelope is null ? [] : envelope.Wraps.Append(envelope.Mac(file)))
            await Store.Put(stored.Key, stored.Content, Cancel);
        if (manifest)
            await Store.Put(keys.Manifest, file, Cancel);
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
