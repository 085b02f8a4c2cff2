using System.Net;
using System.Text;
using System.Text.Json;

namespace BackupRunner.Kube;

/// <summary>What an answer that is no success says.</summary>
static class KubeFailure
{
    const int LongestText = 500;

    /// <summary>The server's Status; or, of a proxy or another program in its place, one made of the text.</summary>
    /// <param name="retryAfter">Of the header; put where the server itself writes it.</param>
    public static KubeStatus Status(HttpStatusCode httpStatus, ReadOnlySpan<byte> body, TimeSpan? retryAfter)
    {
        var status = Read(body) ?? new() { Status = "Failure", Code = (int)httpStatus, Message = Text(httpStatus, body) };
        if (retryAfter is not { } wait || status.Details?.RetryAfterSeconds is not null)
            return status;
        return status with { Details = (status.Details ?? new()) with { RetryAfterSeconds = (int)Math.Ceiling(wait.TotalSeconds) } };
    }

    public static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider time) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > time.GetUtcNow() => date - time.GetUtcNow(),
        { Date: not null } => TimeSpan.Zero,
        _ => null,
    };

    static KubeStatus? Read(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, KubeJson.Default.KubeStatus) is { Status: not null } status ? status : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static string Text(HttpStatusCode httpStatus, ReadOnlySpan<byte> body)
    {
        var text = Encoding.UTF8.GetString(body[..Math.Min(body.Length, LongestText)]);
        var line = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        return line.Length == 0 ? $"the server answered {(int)httpStatus}" : $"the server answered {(int)httpStatus}: {line}";
    }
}
