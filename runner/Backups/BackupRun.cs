using System.Reflection;
using System.Text;
using BackupRunner.Archive;
using BackupRunner.Hooks;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Storage;
using BackupRunner.Storage.Retry;

namespace BackupRunner.Backups;

/// <summary>One backup, from the first touch of the middleware to the manifest. Until the manifest is stored there is no backup, and a failure removes what was stored.</summary>
public sealed class BackupRun(BackupPlan plan, IObjectStore store, IWorkloadShell shell, IFrozenMark mark, BackupWatch watch, TimeProvider time)
{
    public static readonly string Version = typeof(BackupRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    readonly Freeze freeze = new(shell, mark, time);

    public async Task<CompletedBackup> Run(CancellationToken cancel)
    {
        plan.ThrowRefusals();
        if (await freeze.ThawLeftover(plan.Thaw, cancel) is { } left)
            watch.Warn($"thawed the workload: backup \"{left.BackupId}\" was killed while it had it frozen");
        // Before the middleware is touched: beginning the upload proves that the store can be written.
        var begun = await store.BeginUpload(plan.Keys.Archive(null), cancel);
        try
        {
            await using var upload = begun;
            var consistency = await MakeConsistent(cancel);
            var stored = await Archive(upload, cancel);
            await Verify(stored, cancel);
            var manifest = Manifest(consistency, stored);
            var file = await store.Put(plan.Keys.Manifest, ManifestFile.Write(manifest), cancel);
            return new CompletedBackup(manifest, file.Modified);
        }
        catch
        {
            await RemoveLeftovers();
            throw;
        }
    }

    async Task<ManifestConsistency?> MakeConsistent(CancellationToken cancel)
    {
        if (plan.Consistency is not { } step)
            return null;
        watch.Say("consistency command");
        var result = await new Consistency(shell, time).Run(step, cancel);
        return new ManifestConsistency(Enabled: true, result.Outcome.ToString().ToLowerInvariant(), Math.Round(result.Took.TotalSeconds, 3));
    }

    async Task<StoredArchive> Archive(IObjectUpload upload, CancellationToken cancel)
    {
        var inUse = DataFolder.VolumeBytes(plan.Data);
        await using var stream = new UploadStream(upload, inUse);
        if (stream.HeldBytes > UploadStream.ManyBytes)
        {
            watch.Say($"{(inUse is null ? "how much is in use on the volume is not known: of a very large archive" : "should all that is in use on the volume be archived,")} "
                + $"parts take up to {stream.HeldBytes >> 20} MiB of memory; in a pod, set the limit 256 MiB above that");
        }
        await using var hash = new Sha256Stream(stream);
        Task<(ManifestArchive, ManifestGzip?)> Write(CancellationToken stop) => plan.Script is { } script ? FromScript(script, hash, stop) : FromTar(hash, stop);
        var (archive, gzip) = plan.Freeze is { } step ? await freeze.During(step, plan.Keys.Id.Text, Write, cancel) : await Write(cancel);
        var stored = new ManifestObject(BackupKeys.ArchiveName, hash.Bytes, hash.Sha256());
        // Before the archive is complete: Amazon dates that one by its upload's beginning, and after a day's upload it would look like a killed run's.
        await store.Put(plan.Keys.Checksum(null), Encoding.ASCII.GetBytes($"{stored.Sha256}  {stored.Key}\n"), cancel);
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
        await using var made = await CommandArchive.Create(shell, script, used, cancel);
        await made.Content.CopyToAsync(hash, cancel);
        return (new ManifestArchive { Source = ManifestArchive.FromCommand }, null);
    }

    async Task Verify(StoredArchive stored, CancellationToken cancel)
    {
        var found = await store.Head(plan.Keys.Archive(null), cancel);
        if (found?.Bytes != stored.Object.Bytes)
        {
            throw new RunnerException(
                ExitCode.Storage, $"{store.Address} kept {found?.Bytes ?? 0} bytes of \"{plan.Keys.Archive(null)}\", {stored.Object.Bytes} were sent",
                "another program writes to this store, or it loses data");
        }
    }

    Manifest Manifest(ManifestConsistency? consistency, StoredArchive stored)
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
            Encryption = new ManifestEncryption(ManifestEncryption.None),
            Consistency = consistency,
            ManifestSha256 = "",
        };
    }

    /// <summary>The manifest first, in case it is the answer to storing it that failed.</summary>
    async Task RemoveLeftovers()
    {
        using var patience = new CancellationTokenSource(RetryingStore.Patience, time);
        foreach (var key in new[] { plan.Keys.Manifest, plan.Keys.Checksum(null), plan.Keys.Archive(null) })
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
public sealed record CompletedBackup(Manifest Manifest, DateTimeOffset StoredAt);

/// <summary>Who watches a backup.</summary>
/// <param name="Bytes">Told the raw bytes read so far.</param>
public sealed record BackupWatch(Action<string> Say, Action<string> Warn, IProgress<long>? Bytes);
