using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using BackupRunner.Backups;

using BackupRunner.Reports;

namespace BackupRunner.Cli;

/// <summary>One line of <c>list</c>. Sizes are bytes.</summary>
/// <param name="Status"><c>complete</c>, <c>damaged</c>, <c>unreadable</c> or <c>unfinished</c>.</param>
public sealed record ListedBackup(
    string Id, string Series, DateTimeOffset Start, string Status, long? Files, long? Bytes, long StoredBytes, string? Sha256, string? Problem, long Warnings);

public static class ListVerb
{
    static readonly string[] Header = ["ID", "STARTED", "FILES", "SIZE", "STORED", "STATUS"];

    public static Command Create(RunOptions options, RunnerHost host)
    {
        var command = new VerbCommand("list", "Show what backups there are.", """
            Of one folder or workload; without --data and --workload, of all that the store holds. A backup is "complete"; "damaged" when its
            manifest or its data is not what was stored; "unreadable" when the store does not give it now; "unfinished" when a run was killed, until prune removes what it left.

            Examples:
              backup-runner list --store /tmp/backups
              backup-runner list --store /tmp/backups --data docs --output json
            """)
        {
            options.Policy, options.Store, options.Credentials, options.Data, options.Workload, options.Namespace, options.Claim, options.Cluster, options.Output,
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
        var catalog = new BackupCatalog(setup.Store, setup.Prefix);
        var entries = setup.Series is { } series ? catalog.OfSeries(series, cancel) : catalog.All(cancel);
        return await entries.Select(Listed).ToListAsync(cancel);
    }

    static ListedBackup Listed(CatalogEntry entry) => new(
        entry.Keys.Id.Text,
        entry.Keys.Series.ToString(),
        entry.Manifest?.Start ?? entry.Keys.Id.Time,
        StatusOf(entry),
        entry.Manifest?.Archive.Files,
        entry.Manifest?.Archive.Bytes,
        entry.StoredBytes,
        entry.Manifest?.Stored.Sha256,
        entry.Problem?.Message,
        entry.Manifest?.Archive.Warnings.Sum(warning => warning.Count) ?? 0);

    static string StatusOf(CatalogEntry entry) => entry switch
    {
        { Complete: true } => "complete",
        { HasManifest: false } => "unfinished",
        { Problem.ExitCode: ExitCode.Storage } => "unreadable",
        _ => "damaged",
    };

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
