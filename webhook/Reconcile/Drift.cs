using System.Text.Json;

namespace BackupRunner.Webhook.Reconcile;

/// <summary>How an object of the server differs from what we want it to be.</summary>
public enum Drift
{
    None,

    /// <summary>Something that we want is missing or different: applying it anew gives it back.</summary>
    Changed,

    /// <summary>Somebody put something in beside what we want, which applying leaves there.</summary>
    Extra,
}

/// <summary>
/// Compares an object with what is wanted. Of metadata what we name must be there, others may add theirs. Every other field at the top that we name must be
/// just what we want it to be, but for what the server fills in.
/// </summary>
public static class Drifting
{
    /// <summary>Of the fields that we want false, those that mean it when they are absent. Of the others (<c>allowPrivilegeEscalation</c>, <c>enableServiceLinks</c>) absent is true.</summary>
    static readonly string[] FalseWhenAbsent = ["suspend"];

    /// <param name="wanted">A whole manifest.</param>
    /// <param name="actual"><see cref="OwnObject.Fields"/>.</param>
    public static Drift Of(JsonElement wanted, ReadOnlyMemory<byte> actual)
    {
        using var document = JsonDocument.Parse(actual);
        var have = document.RootElement;
        if (!HasMetadata(wanted.GetProperty("metadata"), have.GetProperty("metadata")))
            return Drift.Changed;
        var worst = Drift.None;
        foreach (var field in wanted.EnumerateObject().Where(field => field.Name is not ("apiVersion" or "kind" or "metadata")))
        {
            var drift = have.TryGetProperty(field.Name, out var value) ? Compare(field.Value, value) : Absent(field);
            if (drift == Drift.Changed)
                return drift;
            worst = drift == Drift.Extra ? drift : worst;
        }
        return worst;
    }

    static bool HasMetadata(JsonElement wanted, JsonElement have) =>
        HasAll(wanted, have, "labels") && HasAll(wanted, have, "annotations") && HasOwners(wanted, have);

    static bool HasAll(JsonElement wanted, JsonElement have, string map) =>
        !wanted.TryGetProperty(map, out var entries)
        || have.TryGetProperty(map, out var there) && entries.EnumerateObject().All(entry => there.TryGetProperty(entry.Name, out var value) && value.ValueEquals(entry.Value.GetString()));

    static bool HasOwners(JsonElement wanted, JsonElement have) =>
        !wanted.TryGetProperty("ownerReferences", out var owners)
        || owners.EnumerateArray().All(owner => have.GetProperty("ownerReferences").EnumerateArray().Any(there => owner.EnumerateObject().All(field =>
            there.TryGetProperty(field.Name, out var value) && Same(field.Value, value))));

    static Drift Compare(JsonElement wanted, JsonElement have)
    {
        if (wanted.ValueKind == JsonValueKind.Object && have.ValueKind == JsonValueKind.Object)
            return CompareMaps(wanted, have);
        if (wanted.ValueKind == JsonValueKind.Array && have.ValueKind == JsonValueKind.Array)
            return CompareLists(wanted, have);
        return Same(wanted, have) ? Drift.None : Drift.Changed;
    }

    static Drift CompareMaps(JsonElement wanted, JsonElement have)
    {
        var worst = Drift.None;
        foreach (var field in wanted.EnumerateObject())
        {
            var drift = have.TryGetProperty(field.Name, out var value) ? Compare(field.Value, value) : Absent(field);
            if (drift == Drift.Changed)
                return drift;
            worst = drift == Drift.Extra ? drift : worst;
        }
        return worst == Drift.None && have.EnumerateObject().Any(field => !wanted.TryGetProperty(field.Name, out _) && !ServerDefaults.Has(field, have)) ? Drift.Extra : worst;
    }

    static Drift CompareLists(JsonElement wanted, JsonElement have)
    {
        if (wanted.GetArrayLength() != have.GetArrayLength())
            return wanted.GetArrayLength() < have.GetArrayLength() ? Drift.Extra : Drift.Changed;
        var worst = Drift.None;
        foreach (var (one, other) in wanted.EnumerateArray().Zip(have.EnumerateArray()))
        {
            var drift = Compare(one, other);
            if (drift == Drift.Changed)
                return drift;
            worst = drift == Drift.Extra ? drift : worst;
        }
        return worst;
    }

    /// <summary>The server leaves out what is empty.</summary>
    static Drift Absent(JsonProperty wanted) => wanted.Value.ValueKind switch
    {
        JsonValueKind.Null => Drift.None,
        JsonValueKind.False => FalseWhenAbsent.Contains(wanted.Name) ? Drift.None : Drift.Changed,
        JsonValueKind.Array => wanted.Value.GetArrayLength() == 0 ? Drift.None : Drift.Changed,
        JsonValueKind.Object => wanted.Value.EnumerateObject().Any() ? Drift.Changed : Drift.None,
        JsonValueKind.String => wanted.Value.ValueEquals("") ? Drift.None : Drift.Changed,
        _ => Drift.Changed,
    };

    static bool Same(JsonElement one, JsonElement other) => JsonElement.DeepEquals(one, other);
}
