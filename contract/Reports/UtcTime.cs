using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace BackupRunner.Reports;

/// <summary>Times as RFC 3339 in UTC with a <c>Z</c>, to the millisecond where there is a fraction: <c>2026-11-22T02:00:00Z</c>.</summary>
public sealed class UtcTime : JsonConverter<DateTimeOffset>
{
    const string Format = "yyyy-MM-dd'T'HH:mm:ss.FFF'Z'";

    public static string Text(DateTimeOffset time) => time.ToUniversalTime().ToString(Format, CultureInfo.InvariantCulture);

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(Text(value));
}
