using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Webhook.Admission;

/// <summary>A request's body in a pooled buffer.</summary>
sealed class AdmissionBody : IDisposable
{
    byte[] buffer;
    int length;

    AdmissionBody(int capacity) => buffer = ArrayPool<byte>.Shared.Rent(capacity);

    public ReadOnlyMemory<byte> Memory => buffer.AsMemory(0, length);

    /// <returns>Null: it is larger than <see cref="AdmissionLimits.BodyBytes"/>.</returns>
    public static async Task<AdmissionBody?> Read(HttpRequest request, CancellationToken cancel)
    {
        if (request.ContentLength > AdmissionLimits.BodyBytes)
            return null;
        var body = new AdmissionBody((int)(request.ContentLength ?? 16 << 10) + 1);
        try
        {
            while (await request.Body.ReadAsync(body.buffer.AsMemory(body.length), cancel) is > 0 and var read)
            {
                body.length += read;
                if (body.length > AdmissionLimits.BodyBytes)
                {
                    body.Dispose();
                    return null;
                }
                if (body.length == body.buffer.Length)
                    body.Grow();
            }
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        var given = buffer;
        (buffer, length) = ([], 0);
        if (given.Length > 0)
            ArrayPool<byte>.Shared.Return(given);
    }

    void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}
