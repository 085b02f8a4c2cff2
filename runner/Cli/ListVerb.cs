using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using BackupRunner.Backups;
using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Cli;

/// <summary>One line of <c>list</c>. Sizes are bytes.</summary>
/// <param name="Status">A <see cref="BackupStatus"/> in lower case.</param>
/// <param name="Encryption"><c>none</c>, or by what it is encrypted; null when that is not known.</param>
/// <param name="KeyIds">The keys of rings that open it.</param>
public sealed record ListedBackup(
    string Id, string Series, DateTimeOffset Start, string Status, long? Files, long? Bytes, long StoredBytes, string? Sha256, string? Problem, long Warnings,
    string? Encryption, IReadOnlyList<string> KeyIds);

public static class ListVerb
{
    static readonly string[] Header = ["ID", "STARTED", "FILES", "SIZE", "STORED", "ENCRYPTION", "STATUS"];

    public static Command Create(RunOptions options, RunnerHost host)
    {
        var command = new VerbCommand("list", "Show what backups there are.", """
            Of one folder or workload; without --data and --workload, of all that the store holds. A backup is "complete"; "damaged" when its
            manifest, its keys or its data are not what was stored; "unreadable" when the store does not give it now; "locked" when the ring of --keys does not have
            its key; "plain" when it is not encrypted though the policy encrypts; "unfinished" when a run was killed, until prune removes what it left.
            Without --keys encrypted backups are shown by what their manifests say, which then nothing proves.

            Examples:
              backup-runner list --store /tmp/backups
              backup-runner list --store /tmp/backups --data docs --output json
            """)
        {
            options.Policy, options.Store, options.Credentials, options.Keys, options.Data, options.Workload, options.Namespace, options.Claim, options.Cluster, options.Output,
        };
        command.SetAction((call, cancel) =>
        {
            var listed = new List<ListedBackup>();
            return new VerbRun(options, host).Of(
                "list",
                call,
                async (run, stop) => listed.AddRange(await Read(run, stop)),
                (_, to) => Print(listed, to),
                () => JsonSerializer.Serialize(listed, ListJson.Default.ListListedBackup),
                cancel);
        });
        return command;
    }

    static async Task<List<ListedBackup>> Read(RunContext run, CancellationToken cancel)
    {
        var setup = run.Setup;
        var catalog = new BackupCatalog(setup.Store, setup.Prefix, run.TrustAtHand);
        if (setup.Series is not { } series)
            return await catalog.All(cancel).Select(Listed).ToListAsync(cancel);
        var entries = await catalog.OfSeries(series, cancel).ToListAsync(cancel);
        run.Retained = Reported.Catalog(entries, new HashSet<BackupId>());
        return [.. entries.Select(Listed)];
    }

    static ListedBackup Listed(CatalogEntry entry) => new(
        entry.Keys.Id.Text,
        entry.Keys.Series.ToString(),
        entry.Manifest?.Start ?? entry.Keys.Id.Time,
        entry.Status.ToString().ToLowerInvariant(),
        entry.Manifest?.Archive.Files,
        entry.Manifest?.Archive.Bytes,
        entry.StoredBytes,
        entry.Manifest?.Stored.Sha256,
        entry.Problem?.Message,
        entry.Manifest?.Archive.Warnings.Sum(warning => warning.Count) ?? 0,
        entry.Manifest?.Encryption.Algorithm,
        [.. entry.Listed.Wraps().Select(wrap => wrap.Id.Text)]);

    static void Print(List<ListedBackup> listed, TextWriter to)
    {
        if (listed.Count == 0)
            to.WriteLine("no backups");
        foreach (var series in listed.GroupBy(backup => backup.Series))
        {
            to.WriteLine(series.Key);
            Table.Write(to, Header, [.. series.Select(Row)]);
            to.WriteLine();
        }
    }

    static string[] Row(ListedBackup backup) =>
    [
        backup.Id,
        backup.Start.ToString("yyyy-MM-dd HH:mm:ss'Z'", null),
        backup.Files?.ToString((IFormatProvider?)null) ?? "?",
        backup.Bytes is { } bytes ? Sizes.Bytes(bytes) : "?",
        Sizes.Bytes(backup.StoredBytes),
        backup.Encryption ?? "?",
        backup.Status switch
        {
            "complete" when backup.Warnings > 0 => $"complete, {backup.Warnings} warnings",
            "complete" => "complete",
            var status => $"{status}: {backup.Problem}",
        },
    ];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(UtcTime)], WriteIndented = true)]
[JsonSerializable(typeof(List<ListedBackup>))]
sealed partial class ListJson : JsonSerializerContext;
