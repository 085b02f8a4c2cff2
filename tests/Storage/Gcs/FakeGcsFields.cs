using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Storage.Gcs;

/// <summary>The <c>fields</c> parameter: <c>nextPageToken,items(name,size)</c>.</summary>
static class FakeGcsFields
{
    /// <summary>Leaves of <paramref name="whole"/> what is selected. A field that no such resource can have is refused.</summary>
    public static JsonObject Select(JsonObject whole, string? fields, IReadOnlySet<string> known)
    {
        if (fields is null)
            return whole;
        var at = 0;
        var selected = Select(whole, fields, ref at, known);
        return at == fields.Length ? selected : throw FakeGcsException.Invalid($"Invalid field selection {fields}");
    }

    static JsonObject Select(JsonObject whole, string fields, ref int at, IReadOnlySet<string> known)
    {
        var selected = new JsonObject();
        while (true)
        {
            var start = at;
            while (at < fields.Length && char.IsAsciiLetterOrDigit(fields[at]))
                at++;
            var name = fields[start..at];
            if (!known.Contains(name))
                throw FakeGcsException.Invalid($"Invalid field selection {name}");
            if (at < fields.Length && fields[at] == '(')
            {
                at++;
                var inner = at;
                var items = new JsonArray();
                foreach (var item in whole[name]?.AsArray().Select(node => node!.AsObject()) ?? [])
                {
                    at = inner;
                    items.Add(Select(item, fields, ref at, known));
                }
                if (items.Count == 0)
                    _ = Select(new JsonObject(), fields, ref at, known);
                else
                    selected[name] = items;
                if (at >= fields.Length || fields[at++] != ')')
                    throw FakeGcsException.Invalid($"Invalid field selection {fields}");
            }
            else if (whole[name] is { } value)
            {
                selected[name] = value.DeepClone();
            }
            if (at >= fields.Length || fields[at] != ',')
                return selected;
            at++;
        }
    }
}
