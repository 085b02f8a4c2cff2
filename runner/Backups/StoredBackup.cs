using System.Text;
using BackupRunner.Archive;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Restore;
using BackupRunner.Storage;

namespace BackupRunner.Backups;

/// <summary>A complete backup in the store, to be read: verified, extracted, or copied out. Everything that is read is compared with the manifest.</summary>
/// <param name="entry">Complete.</param>
/// <param name="owner">Of everything extracted; null: as archived.</param>
/// <param name="bytes">Told the raw bytes of the archive so far.</param>
public sealed class StoredBackup(IObjectStore store, CatalogEntry entry, NumericOwner? owner, IProgress<long>? bytes, Action<string> warn) : IRestoreSource
{
    static readonly int Workers = Environment.ProcessorCount;

    readonly Manifest manifest = entry.Manifest!;

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
            CompareCounts((await ArchiveCheck.Check(stream, Workers, bytes, stop)).Counts);
    }, cancel);

    /// <summary>The checksum beside the archive, which a person without this program would trust.</summary>
    /// <returns>What is wrong with it; null when it is as it was written.</returns>
    public async Task<string?> ChecksumProblem(CancellationToken cancel)
    {
        var key = entry.Keys.Folder + manifest.Stored.Key + BackupKeys.ChecksumSuffix;
        var expected = $"{manifest.Stored.Sha256}  {manifest.Stored.Key}\n";
        if (entry.Objects.FirstOrDefault(stored => stored.Key == key) is not { } file)
            return $"the checksum \"{key}\" is gone";
        if (file.Bytes != expected.Length)
            return $"the checksum \"{key}\" was altered or damaged";
        await using var stream = await store.OpenRead(file, 0, cancel);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync(cancel) == expected ? null : $"the checksum \"{key}\" was altered or damaged";
    }

    public async Task<ExtractedCounts> ExtractInto(string directory, CancellationToken cancel)
    {
        UnpackResult? unpacked = null;
        await Read(async (stream, stop) => unpacked = await Unpacker.Unpack(stream, directory, owner, Workers, bytes, stop), cancel);
        foreach (var warning in unpacked!.Warnings)
            warn(warning.ToString());
        var counts = unpacked.Counts;
        return new ExtractedCounts(new RecordedCounts(counts.Entries, counts.Files, counts.Bytes), counts.HasRoot);
    }

    /// <summary>Copies the archive itself. What arrives before this returns is not verified yet.</summary>
    public Task CopyTo(Stream target, CancellationToken cancel) => Read((stream, stop) => stream.CopyToAsync(target, stop), cancel);

    async Task Read(Func<Stream, CancellationToken, Task> use, CancellationToken cancel)
    {
        var key = entry.Keys.Folder + manifest.Stored.Key;
        await using var content = await store.OpenRead(entry.Objects.First(stored => stored.Key == key), 0, cancel);
        await using var hash = new Sha256Stream(content);
        await use(hash, cancel);
        await hash.CopyToAsync(Stream.Null, cancel);
        if (hash.Bytes != manifest.Stored.Bytes || hash.Sha256() != manifest.Stored.Sha256)
        {
            throw new RunnerException(
                ExitCode.Integrity, $"\"{key}\" was altered or damaged: its SHA-256 is not the manifest's",
                "restore another backup; \"list\" shows them");
        }
    }

    void CompareCounts(TarCounts counts)
    {
        var found = new RecordedCounts(counts.Entries, counts.Files, counts.Bytes);
        if (Recorded is { } recorded && recorded != found)
        {
            throw new RunnerException(
                ExitCode.Integrity, $"backup \"{Id}\" holds {found.Files} files of {found.Bytes} bytes, its manifest counted {recorded.Files} of {recorded.Bytes}");
        }
    }
}
