namespace BackupRunner.Storage.Http;

/// <summary>Ends a request, or the reading of its answer, on which no byte has moved for <paramref name="stall"/>.</summary>
sealed class StallHandler(HttpMessageHandler inner, TimeSpan stall, TimeProvider time) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var watch = new StallWatch(stall, time, cancellationToken);
        if (request.Content is { } body)
            request.Content = new WatchedContent(body, watch);
        var response = await watch.Watch(new ValueTask<HttpResponseMessage>(base.SendAsync(request, watch.Token)));
        response.Content = new StallContent(response.Content, stall, time);
        return response;
    }

    /// <summary>A request's body, sent as it is; every block that the connection takes counts as a sign of life.</summary>
    sealed class WatchedContent : HttpContent
    {
        readonly HttpContent body;
        readonly StallWatch watch;

        public WatchedContent(HttpContent body, StallWatch watch)
        {
            (this.body, this.watch) = (body, watch);
            Copy(body, this);
        }

        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context, CancellationToken cancellationToken) =>
            body.CopyToAsync(new AliveStream(stream, watch), context, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = body.Headers.ContentLength ?? -1;
            return length >= 0;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                body.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>An answer's body, whose reads are watched one by one: between them it is the reader who takes his time.</summary>
    sealed class StallContent : HttpContent
    {
        readonly HttpContent body;
        readonly TimeSpan stall;
        readonly TimeProvider time;

        public StallContent(HttpContent body, TimeSpan stall, TimeProvider time)
        {
            (this.body, this.stall, this.time) = (body, stall, time);
            Copy(body, this);
        }

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            await using var content = await CreateContentReadStreamAsync(CancellationToken.None);
            await content.CopyToAsync(stream);
        }

        protected override async Task<Stream> CreateContentReadStreamAsync() => await CreateContentReadStreamAsync(CancellationToken.None);

        protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
            new StallStream(await body.ReadAsStreamAsync(cancellationToken), stall, time);

        protected override bool TryComputeLength(out long length)
        {
            length = body.Headers.ContentLength ?? -1;
            return length >= 0;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                body.Dispose();
            base.Dispose(disposing);
        }
    }

    static void Copy(HttpContent from, HttpContent to)
    {
        foreach (var header in from.Headers)
            to.Headers.TryAddWithoutValidation(header.Key, header.Value);
    }
}
