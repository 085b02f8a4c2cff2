using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BackupRunner.Webhook.Admission;

/// <summary>Writes an AdmissionReview with a reply, in the lengths of <see cref="AdmissionLimits"/>.</summary>
public static class AdmissionReviewWriter
{
    static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <returns>JSON, UTF-8.</returns>
    public static ReadOnlyMemory<byte> Write(string uid, AdmissionReply reply)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("kind", "AdmissionReview");
            json.WriteString("apiVersion", AdmissionReviewReader.ApiVersion);
            json.WriteStartObject("response");
            json.WriteString("uid", uid);
            json.WriteBoolean("allowed", reply is not AdmissionReply.Denied);
            Body(json, reply);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    /// <summary>The message of a denial: one problem a line.</summary>
    public static string Message(IReadOnlyList<string> problems)
    {
        var message = new StringBuilder();
        var told = 0;
        foreach (var problem in problems.Take(AdmissionLimits.Problems))
        {
            var line = Shown.Line(problem, AdmissionLimits.ProblemLength);
            if (message.Length + line.Length > AdmissionLimits.MessageLength)
                break;
            message.Append(told++ == 0 ? "" : "\n").Append(line);
        }
        if (told < problems.Count)
            message.Append(CultureInfo.InvariantCulture, $"\nand {problems.Count - told} more problems");
        return message.ToString();
    }

    static void Body(Utf8JsonWriter json, AdmissionReply reply)
    {
        switch (reply)
        {
            case AdmissionReply.Denied denied:
                json.WriteStartObject("status");
                json.WriteString("status", "Failure");
                json.WriteString("message", Message(denied.Problems));
                json.WriteString("reason", denied.Reason);
                json.WriteNumber("code", denied.Code);
                json.WriteEndObject();
                break;
            case AdmissionReply.Patched patched:
                json.WriteString("patchType", "JSONPatch");
                json.WriteBase64String("patch", Bytes(patched.Patch));
                Warnings(json, patched.Warnings);
                break;
            case AdmissionReply.Allowed allowed:
                Warnings(json, allowed.Warnings);
                break;
        }
    }

    static byte[] Bytes(JsonArray patch)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
            patch.WriteTo(json);
        return buffer.WrittenSpan.ToArray();
    }

    static void Warnings(Utf8JsonWriter json, IReadOnlyList<string> warnings)
    {
        if (warnings.Count == 0)
            return;
        json.WriteStartArray("warnings");
        foreach (var warning in warnings.Select(warning => Shown.Line(warning, AdmissionLimits.WarningLength)).Distinct().Take(AdmissionLimits.Warnings))
            json.WriteStringValue(warning);
        json.WriteEndArray();
    }
}
