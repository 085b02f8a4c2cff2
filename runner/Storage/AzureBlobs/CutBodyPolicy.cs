using System.Xml;
using System.Xml.Linq;
using Azure.Core;
using Azure.Core.Pipeline;

namespace BackupRunner.Storage.AzureBlobs;

/// <summary>
/// The library reads on by itself when a body is cut, several times over, whatever its retry options say; it knows a cut by its
/// <see cref="IOException"/>. Here that becomes an <see cref="HttpRequestException"/>, which it leaves to us. The body of a refusal, which
/// it would read without waiting for a stall, is read here.
/// </summary>
public sealed class CutBodyPolicy : HttpPipelinePolicy
{
    /// <summary>Of a refusal; the service's own have less than 2 KiB.</summary>
    const int MostRefusalBytes = 64 << 10;

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        await ProcessNextAsync(message, pipeline);
        if (message.Response.ContentStream is not { } body)
            return;
        message.Response.ContentStream = message.Response.Status < 400 ? new CutStream(body) : await Refusal(body, message.CancellationToken);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException("ask asynchronously");

    /// <summary>The library trusts the content type: what calls itself XML and is none would hide the status.</summary>
    static async Task<Stream?> Refusal(Stream body, CancellationToken cancel)
    {
        await using var cut = new CutStream(body);
        var bytes = new byte[MostRefusalBytes];
        var count = await cut.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancel);
        try
        {
            using var xml = new MemoryStream(bytes, 0, count, writable: false);
            XDocument.Load(xml);
        }
        catch (XmlException)
        {
            return null;
        }
        return new MemoryStream(bytes, 0, count, writable: false);
    }

    sealed class CutStream(Stream inner) : ForwardStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                return await inner.ReadAsync(buffer, cancellationToken);
            }
            catch (IOException cut)
            {
                throw new HttpRequestException(cut.Message, cut);
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
