using System.Reflection;
using System.Text;
using BackupRunner.Archive;
using BackupRunner.Encryption;
using BackupRunner.Hooks;
using BackupRunner.Keys;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Sites;
using BackupRunner.Storage;
using BackupRunner.Storage.Retry;

namespace BackupRunner.Backups;

/// <summary>One backup, from the first touch of the middleware to the manifest. Until the manifest is stored there is no backup, and a failure removes what was stored.</summary>
public sealed class BackupRun(BackupPlan plan, IObjectStore store, WorkloadSide workload, BackupWatch watch, TimeProvider time)
{
    public static readonly string Version = typeof(BackupRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    readonly Freeze freeze = new(workload.Shell, workload.FrozenMark, time);
    readonly HashSet<string> storedKeys = new(StringComparer.Ordinal);
    readonly string archiveKey = plan.Keys.Archive(plan.Encryption?.Algorithm);
    readonly string checksumKey = plan.Keys.Checksum(plan.Encryption?.Algorithm);

    public async Task<CompletedBackup> Run(CancellationToken cancel)
    {
        plan.ThrowRefusals();
        if (await freeze.ThawLeftover(plan.Thaw, cancel) is { } left)
            watch.Warn($"thawed the workload: backup \"{left.BackupId}\" was killed while it had it frozen");
        using var envelope = plan.Encryption is { } encryption ? new Envelope(encryption, plan.Keys) : null;
        await (envelope?.Prove(cancel) ?? Task.CompletedTask);
        // Before the middleware is touched: beginning the upload proves that the store can be written.
        var begun = await store.BeginUpload(archiveKey, cancel);
        try
        {
            await using var upload = begun;
            // At once: an audit of the keys in use must see what this run will need in the end.
            if (envelope is not null)
                await StoreWraps(envelope, cancel);
            var consistency = await MakeConsistent(cancel);
            var stored = await Archive(upload, envelope?.Cipher, cancel);
            await Verify(stored, cancel);
            var manifest = Manifest(consistency, stored, envelope?.Encryption ?? new ManifestEncryption(ManifestEncryption.None));
            var bytes = ManifestFile.Write(manifest);
            if (envelope is not null)
                await StoreKeys(envelope, bytes, cancel);
            var file = await store.Put(plan.Keys.Manifest, bytes, cancel);
            // Another host's prune may have looked for the manifest just before there was one, and removed the rest just after.
            if (envelope is not null)
                await EnsureStored([.. envelope.Wraps, envelope.Mac(bytes)], cancel);
            return new CompletedBackup(manifest, file.Modified, envelope?.KeyId);
        }
        catch
        {
            await RemoveLeftovers(envelope?.Wraps ?? []);
            throw;
        }
    }

    /// <summary>Stores what opens this backup and proves its manifest: without it the archive is noise.</summary>
    async Task StoreKeys(Envelope envelope, byte[] manifest, CancellationToken cancel)
    {
        try
        {
            await StoreWraps(envelope, cancel);
        }
        catch (RunnerException unreadable) when (unreadable.ExitCode != ExitCode.Storage)
        {
            watch.Warn($"the keys cannot be read any more; this backup is encrypted with key {envelope.KeyId}, which was the current one when it began: {unreadable.Message}");
        }
        await EnsureStored([envelope.Mac(manifest)], cancel);
    }

    /// <summary>
    /// Until the current key is one that was current after the wrap by it had been stored: a key that goes out of use is removed once an audit finds
    /// no wrap by it, and none may come after that.
    /// </summary>
    async Task StoreWraps(Envelope envelope, CancellationToken cancel)
    {
        do
        {
            await EnsureStored(envelope.Wraps, cancel);
        }
        while (envelope.WrapByCurrentKey());
    }

    /// <summary>
    /// Stores what this run has not stored yet, and what is there no more: in a run of more than a day another host's prune takes wraps for what a killed
    /// run left. What is there is not written again, because a store that keeps what it has for a while refuses that.
    /// </summary>
    async Task EnsureStored(IEnumerable<StoredFile> files, CancellationToken cancel)
    {
        foreach (var file in files)
        {
            if (!storedKeys.Add(file.Key) && await store.Head(file.Key, cancel) is not null)
                continue;
            var stored = await store.Put(file.Key, file.Content, cancel);
            await SmallObject.RequireReadBack(store, stored, file.Content, cancel);
        }
    }

    async Task<ManifestConsistency?> MakeConsistent(CancellationToken cancel)
    {
        if (plan.Consistency is not { } step)
            return null;
        watch.Say("consistency command");
        var result = await new Consistency(workload.Shell, time).Run(step, cancel);
        return new ManifestConsistency(Enabled: true, result.Outcome.ToString().ToLowerInvariant(), Math.Round(result.Took.TotalSeconds, 3));
    }

    async Task<StoredArchive> Archive(IObjectUpload upload, IArchiveCipher? cipher, CancellationToken cancel)
    {
        var inUse = DataFolder.VolumeBytes(plan.Data);
        await using var stream = new UploadStream(upload, inUse);
        if (stream.HeldBytes > UploadStream.ManyBytes)
        {
            watch.Say($"{(inUse is null ? "how much is in use on the volume is not known: of a very large archive" : "should all that is in use on the volume be archived,")} "
                + $"parts take up to {stream.HeldBytes >> 20} MiB of memory; in a pod, set the limit 256 MiB above that");
        }
        await using var hash = new Sha256Stream(stream);
        await using var encrypting = cipher is null ? null : await cipher.Encrypt(hash, cancel);
        await using var gzipHash = encrypting is null ? null : new Sha256Stream(encrypting);
        var target = gzipHash ?? hash;
        Task<(ManifestArchive, ManifestGzip?)> Write(CancellationToken stop) => plan.Script is { } script ? FromScript(script, target, stop) : FromTar(target, stop);
        var (archive, gzip) = plan.Freeze is { } step ? await freeze.During(step, plan.Keys.Id.Text, Write, cancel) : await Write(cancel);
        if (encrypting is not null)
            await encrypting.Complete(cancel);
        var stored = new ManifestObject(BackupKeys.ArchiveNameOf(plan.Encryption?.Algorithm), hash.Bytes, hash.Sha256());
        // Before the archive is complete: Amazon dates that one by its upload's beginning, and after a day's upload it would look like a killed run's.
        await store.Put(checksumKey, Encoding.ASCII.GetBytes($"{stored.Sha256}  {stored.Key}\n"), cancel);
        // The workload is thawed by now; the last parts may still be on their way.
        await stream.Finish(cancel);
        return new StoredArchive(archive, gzip, stored);
    }

    async Task<(ManifestArchive, ManifestGzip?)> FromTar(Sha256Stream hash, CancellationToken cancel)
    {
        var settings = plan.Policy.Settings.Archive;
        await using var gzip = new GzipMembersStream(hash, settings.CompressionLevel, Environment.ProcessorCount);
        var packed = await Packer.Pack(plan.Data, settings.Exclude, gzip, watch.Bytes, cancel);
        await gzip.Complete(cancel);
        foreach (var warning in packed.Warnings)
            watch.Warn(warning.ToString());
        if (packed.Counts.IsEmpty)
            watch.Warn($"\"{plan.Data}\" is empty: this is a backup of nothing");
        var archive = new ManifestArchive
        {
            Source = ManifestArchive.FromTar,
            Entries = packed.Counts.Entries,
            Files = packed.Counts.Files,
            Bytes = packed.Counts.Bytes,
            DiskBytes = packed.Counts.DiskBytes,
            Inodes = packed.Counts.Inodes,
            TarBytes = packed.Counts.TarBytes,
            TarExit = packed.TarExit,
            Warnings = ManifestWarning.Of(packed.Warnings),
        };
        return (archive, new ManifestGzip(settings.CompressionLevel, GzipMembersStream.MemberBytes, hash.Bytes, hash.Sha256()));
    }

    async Task<(ManifestArchive, ManifestGzip?)> FromScript(ArchiveScript script, Sha256Stream hash, CancellationToken cancel)
    {
        var used = await DataFolder.UsedBytes(plan.Data, apparent: false, cancel) ?? 0;
        await workload.Archiver.Archive(script, used, hash, cancel);
        return (new ManifestArchive { Source = ManifestArchive.FromCommand }, null);
    }

    async Task Verify(StoredArchive stored, CancellationToken cancel)
    {
        var found = await store.Head(archiveKey, cancel);
        if (found?.Bytes != stored.Object.Bytes)
        {
            throw new RunnerException(
                ExitCode.Storage, $"{store.Address} kept {found?.Bytes ?? 0} bytes of \"{archiveKey}\", {stored.Object.Bytes} were sent",
                "another program writes to this store, or it loses data");
        }
    }

    Manifest Manifest(ManifestConsistency? consistency, StoredArchive stored, ManifestEncryption encryption)
    {
        var series = plan.Keys.Series;
        return new Manifest
        {
            FormatVersion = Backups.Manifest.CurrentFormat,
            Id = plan.Keys.Id.Text,
            Identity = new ManifestIdentity(series.Cluster, series.Namespace, series.Kind, series.Name, series.Claim),
            Start = plan.Keys.Id.Time,
            End = time.GetUtcNow(),
            Tool = new ManifestTool("backup-runner", Version),
            PolicySha256 = plan.PolicySha256,
            Archive = stored.Archive,
            Gzip = stored.Gzip,
            Stored = stored.Object,
            Encryption = encryption,
            Consistency = consistency,
            ManifestSha256 = "",
        };
    }

    /// <summary>The manifest first, in case it is the answer to storing it that failed.</summary>
    async Task RemoveLeftovers(IReadOnlyList<StoredFile> wraps)
    {
        using var patience = new CancellationTokenSource(RetryingStore.Patience, time);
        IEnumerable<string> ofEncryption = wraps.Count > 0 ? [plan.Keys.Mac, .. wraps.Select(wrap => wrap.Key)] : [];
        foreach (var key in ofEncryption.Prepend(plan.Keys.Manifest).Append(checksumKey).Append(archiveKey))
        {
            try
            {
                await store.Delete(key, patience.Token);
            }
            catch (Exception failure) when (failure is RunnerException or OperationCanceledException)
            {
                var why = failure is RunnerException ? failure.Message : $"the store did not answer in {RetryingStore.Patience.TotalSeconds:0} s";
                watch.Warn($"could not remove what this failed backup stored; prune will, in a day: {why}");
                return;
            }
        }
    }

    sealed record StoredArchive(ManifestArchive Archive, ManifestGzip? Gzip, ManifestObject Object);
}

/// <param name="StoredAt">By the store's clock.</param>
/// <param name="KeyId">Which key opens it; null when it is not encrypted.</param>
public sealed record CompletedBackup(Manifest Manifest, DateTimeOffset StoredAt, KeyId? KeyId);
