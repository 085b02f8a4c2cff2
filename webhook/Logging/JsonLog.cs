using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Webhook.Logging;

/// <summary>
/// One JSON object a line: <c>time</c> (RFC 3339, UTC), <c>level</c>, <c>message</c>, then the fields of the message (<c>namespace</c>, <c>name</c>, ...), and
/// <c>exception</c> if there is one. Writing waits for the reader: no line is lost, and none is kept.
/// </summary>
public sealed class JsonLog(Stream output, TimeProvider time) : ILoggerProvider
{
    static readonly JsonWriterOptions Options = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly Lock gate = new();
    readonly ArrayBufferWriter<byte> line = new(1024);

    public ILogger CreateLogger(string categoryName) => new Category(this);

    public void Dispose()
    {
        lock (gate)
            output.Flush();
    }

    static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        _ => "error",
    };

    void Write(LogLevel level, string message, IEnumerable<KeyValuePair<string, object?>> fields, Exception? exception)
    {
        lock (gate)
        {
            line.ResetWrittenCount();
            using (var json = new Utf8JsonWriter(line, Options))
            {
                json.WriteStartObject();
                json.WriteString("time", time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
                json.WriteString("level", Name(level));
                json.WriteString("message", message);
                foreach (var (name, value) in fields)
                    WriteField(json, FieldName(name), value);
                if (exception is not null)
                    json.WriteString("exception", exception.ToString());
                json.WriteEndObject();
            }
            line.Write("\n"u8);
            try
            {
                output.Write(line.WrittenSpan);
                output.Flush();
            }
            catch (Exception failure) when (failure is IOException or ObjectDisposedException)
            {
                // Nobody reads the log any more, and there is nowhere else to tell it: the work goes on.
            }
        }
    }

    /// <summary>A field has one name, however the message that it stands in writes it: <c>{Namespace}</c>, <c>@namespace</c>.</summary>
    static string FieldName(string name) => JsonNamingPolicy.CamelCase.ConvertName(name.TrimStart('@'));

    static void WriteField(Utf8JsonWriter json, string name, object? value)
    {
        switch (value)
        {
            case null:
                break;
            case bool flag:
                json.WriteBoolean(name, flag);
                break;
            case int or long:
                json.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case DateTimeOffset moment:
                json.WriteString(name, moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
                break;
            default:
                json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    sealed class Category(JsonLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
                return;
            var fields = state as IEnumerable<KeyValuePair<string, object?>> ?? [];
            // The template of the message, and names that the line has already.
            log.Write(logLevel, formatter(state, exception), fields.Where(field => field.Key is not ("{OriginalFormat}" or "time" or "level" or "message" or "exception")), exception);
        }
    }
}
