using System.Text;
using BackupRunner.Archive;
using BackupRunner.Encryption;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Restore;
using BackupRunner.Storage;

namespace BackupRunner.Backups;

/// <summary>
/// A complete backup in the store, opened to be read: verified, extracted, or copied out. Everything that is read is compared with the manifest.
/// Disposing forgets its key.
/// </summary>
public sealed class StoredBackup : IRestoreSource, IDisposable
{
    static readonly int Workers = Environment.ProcessorCount;

    readonly IObjectStore store;
    readonly CatalogEntry entry;
    readonly Manifest manifest;
    readonly StoredObject archive;
    readonly DataKey? key;
    readonly IArchiveCipher? cipher;
    readonly NumericOwner? owner;
    readonly BackupWatch watch;
    bool isProven;

    StoredBackup(IObjectStore store, CatalogEntry entry, ManifestReading reading, NumericOwner? owner, BackupWatch watch)
    {
        (this.store, this.entry, this.owner, this.watch) = (store, entry, owner, watch);
        manifest = reading.Manifest!;
        key = reading.Key;
        archive = entry.Objects.First(stored => stored.Key == entry.Keys.Folder + manifest.Stored.Key);
        cipher = key is null ? null : ArchiveCiphers.For(manifest.Encryption, key, entry.Keys.Id);
    }

    /// <summary>Reads the manifest once more, and finds the key.</summary>
    /// <param name="entry">Complete.</param>
    /// <param name="owner">Of everything extracted; null: as archived.</param>
    /// <param name="watch">Is told the raw bytes of the archive.</param>
    /// <exception cref="RunnerException">Exit 5: altered meanwhile; 2: it is encrypted and there are no keys.</exception>
    public static async Task<StoredBackup> Open(
        IObjectStore store, CatalogEntry entry, ManifestTrust trust, NumericOwner? owner, BackupWatch watch, CancellationToken cancel)
    {
        var reading = await new ManifestReader(store, trust).Read(entry.Listed, cancel);
        try
        {
            if (reading.Problem is not null)
                throw reading.Problem;
            if (reading.Manifest!.Encryption.Encrypts() is not null && reading.Key is null)
                throw new RunnerException(ExitCode.Usage, $"backup \"{entry.Keys.Id}\" is encrypted", "name the folder with its key with --keys");
            return new StoredBackup(store, entry, reading, owner, watch);
        }
        catch
        {
            reading.Dispose();
            throw;
        }
    }

    public BackupId Id => entry.Keys.Id;

    public Manifest Manifest => manifest;

    public bool IsFromCommand => manifest.Archive.Source == ManifestArchive.FromCommand;

    /// <summary>Of an archive that a command made only its own size is known, and data is rarely smaller than its archive.</summary>
    public RestoreSize Size => manifest.Archive is { DiskBytes: { } disk, Inodes: { } inodes }
        ? new RestoreSize(disk, inodes, Recorded)
        : new RestoreSize(manifest.Stored.Bytes, 0, null);

    RecordedCounts? Recorded => manifest.Archive is { Entries: { } entries, Files: { } files, Bytes: { } size } ? new RecordedCounts(entries, files, size) : null;

    /// <summary>Reads everything: the object against the manifest, and what is in it against what was counted.</summary>
    /// <exception cref="RunnerException">Exit 5, or 4 when it cannot be read.</exception>
    public Task Verify(CancellationToken cancel) => Read(async (stream, stop) =>
    {
        if (IsFromCommand)
            await stream.CopyToAsync(Stream.Null, stop);
        else
            CompareCounts((await ArchiveCheck.Check(stream, Workers, watch.Bytes, stop)).Counts);
    }, cancel);

    /// <summary>The checksum beside the archive, which a person without this program would trust.</summary>
    /// <returns>What is wrong with it; null when it is as it was written.</returns>
    public async Task<string?> ChecksumProblem(CancellationToken cancel)
    {
        var checksum = archive.Key + BackupKeys.ChecksumSuffix;
        var expected = $"{manifest.Stored.Sha256}  {manifest.Stored.Key}\n";
        if (entry.Objects.FirstOrDefault(stored => stored.Key == checksum) is not { } file)
            return $"the checksum \"{checksum}\" is gone";
        var isRight = file.Bytes == expected.Length
            && Encoding.Latin1.GetString(await SmallObject.Read(store, file, expected.Length, cancel)) == expected;
        return isRight ? null : $"the checksum \"{checksum}\" was altered or damaged";
    }

    public async Task<ExtractedCounts> ExtractInto(string directory, CancellationToken cancel)
    {
        UnpackResult? unpacked = null;
        await Read(async (stream, stop) => unpacked = await Unpacker.Unpack(stream, directory, owner, Workers, watch.Bytes, stop), cancel);
        foreach (var warning in unpacked!.Warnings)
            watch.Warn(warning.ToString());
        var counts = unpacked.Counts;
        return new ExtractedCounts(new RecordedCounts(counts.Entries, counts.Files, counts.Bytes), counts.HasRoot);
    }

    /// <summary>Copies the archive itself. What arrives before this returns is not verified yet.</summary>
    public Task CopyTo(Stream target, CancellationToken cancel) => Read((stream, stop) => stream.CopyToAsync(target, stop), cancel);

    async Task Read(Func<Stream, CancellationToken, Task> use, CancellationToken cancel)
    {
        if (cipher is null)
        {
            await ReadStored(use, cancel);
            return;
        }
        if (!cipher.ProvesEveryByte && !isProven)
        {
            using var phase = watch.Phase?.Invoke($"proving {Id}", manifest.Stored.Bytes);
            await using var counted = new ProgressStream(Stream.Null, new StepProgress(watch.Bytes));
            await ReadStored((stored, stop) => stored.CopyToAsync(counted, stop), cancel);
            isProven = true;
        }
        await ReadStored(async (stored, stop) =>
        {
            await using var plain = await cipher.Decrypt(stored, stop);
            await using var gzip = new Sha256Stream(plain);
            await use(gzip, stop);
            await gzip.CopyToAsync(Stream.Null, stop);
            if (manifest.Gzip is { } written && (gzip.Bytes != written.Bytes || gzip.Sha256() != written.Sha256))
                throw Altered("what it decrypts to is not what was encrypted");
        }, cancel);
    }

    /// <summary>The object as it is stored, always of the version that was listed.</summary>
    async Task ReadStored(Func<Stream, CancellationToken, Task> use, CancellationToken cancel)
    {
        await using var content = await store.OpenRead(archive, 0, cancel);
        await using var hash = new Sha256Stream(content);
        await use(hash, cancel);
        await hash.CopyToAsync(Stream.Null, cancel);
        if (hash.Bytes != manifest.Stored.Bytes || hash.Sha256() != manifest.Stored.Sha256)
            throw Altered("its SHA-256 is not the manifest's");
    }

    RunnerException Altered(string why) => new(
        ExitCode.Integrity, $"\"{archive.Key}\" was altered or damaged: {why}", "restore another backup; \"list\" shows them");

    void CompareCounts(TarCounts counts)
    {
        var found = new RecordedCounts(counts.Entries, counts.Files, counts.Bytes);
        if (Recorded is { } recorded && recorded != found)
        {
            throw new RunnerException(
                ExitCode.Integrity, $"backup \"{Id}\" holds {found.Files} files of {found.Bytes} bytes, its manifest counted {recorded.Files} of {recorded.Bytes}");
        }
    }

    public void Dispose() => key?.Dispose();
}
