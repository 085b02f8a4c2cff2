using System.Text.Json;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Restores;

/// <summary>What a run of <c>restore</c> said at its end: a <see cref="TerminationMessage"/>, or a <see cref="RunReport"/> as a Lease has it.</summary>
/// <param name="Id">Of the backup; null: it had not found one.</param>
/// <param name="Data">Null: it did not say.</param>
public sealed record RestoreReport(int ExitCode, DateTimeOffset End, string? Id, string? Error, string? Hint, DataState? Data)
{
    /// <returns>Null: it is none.</returns>
    public static RestoreReport? Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var report = document.RootElement;
            if (report.Text("verb") != "restore" || report.Whole("exitCode") is not { } code
                || report.Time("end") is not { } end)
                return null;
            var id = report.Text("id") ?? report.Items("backups").LastOrDefault().Text("id");
            return new((int)code, end, id is not null && BackupId.Parse(id) is not null ? id : null, report.Text("error"), report.Text("hint"),
                Enum.TryParse<DataState>(report.Text("data"), out var data) && Enum.IsDefined(data) ? data : null);
        }
        catch (JsonException)
        {
            // Cut, or not ours.
            return null;
        }
    }
}
