using System.Text.Json;

namespace BackupRunner.Webhook.Admission;

/// <summary>Where the spec of a restore Job is not as it was completed.</summary>
/// <param name="Path">Without the places in lists.</param>
/// <param name="Found">Undefined: nothing is there.</param>
sealed record SpecDifference(string Path, JsonElement Found)
{
    const int Longest = 60;

    /// <summary>What was found, for messages.</summary>
    public string Value => Found.ValueKind switch
    {
        JsonValueKind.Undefined => "nothing",
        JsonValueKind.String => Shown.Of(JsonText.Of(Found)),
        _ => Shown.Line(Found.GetRawText(), Longest),
    };
}
