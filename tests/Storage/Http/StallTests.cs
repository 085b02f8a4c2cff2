using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using BackupRunner.Storage;
using BackupRunner.Storage.Http;
using BackupRunner.Tests.Hooks;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.Http;

/// <summary>A connection is given up when no byte moves, however long the whole takes.</summary>
public sealed class StallTests
{
    static readonly TimeSpan Most = StoreTransport.Stall - TimeSpan.FromSeconds(1);

    readonly ManualTime time = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_answer_that_stops_in_the_middle_of_its_body_is_given_up()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = StoreTransport.Create(null, time);
        var asked = client.GetAsync(new Uri($"http://{listener.LocalEndpoint}/"), HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var connection = await listener.AcceptTcpClientAsync(Cancel);
        await connection.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"u8.ToArray(), Cancel);
        using var answer = await asked;
        await using var body = await answer.Content.ReadAsStreamAsync(Cancel);
        await body.ReadExactlyAsync(new byte[5], Cancel);
        // The reader takes his time.
        time.Advance(TimeSpan.FromHours(1));
        var reading = body.ReadAsync(new byte[5], Cancel).AsTask();
        time.Advance(StoreTransport.Stall);
        var stalled = await Assert.ThrowsAsync<TimeoutException>(() => reading.WaitAsync(TimeSpan.FromMinutes(2), Cancel));
        Assert.Equal("no byte moved for 60 s", stalled.Message);
    }

    [Fact]
    public async Task A_request_that_is_sent_slowly_is_not_given_up()
    {
        await using var server = await FaultProxy.Start(new Uri("http://127.0.0.1:9"), Cancel);
        server.Spoil(_ => true, new Fault.Answer(200));
        using var client = StoreTransport.Create(null, time);
        var slow = new Pipe();
        await using var body = new AskedStream(slow.Reader.AsStream());
        using var content = new StreamContent(body, 100);
        var sending = client.PutAsync(server.Address, content, Cancel);
        for (var block = 1; block <= 3; block++)
        {
            // That more is asked for says that the connection has taken what was before.
            if (await Task.WhenAny(body.Asked(block), sending) == sending)
                await sending;
            time.Advance(Most);
            await slow.Writer.WriteAsync(new byte[100], Cancel);
        }
        await slow.Writer.CompleteAsync();
        using var answer = await sending;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public void Nothing_else_ends_a_request()
    {
        using var client = StoreTransport.Create(null, time);
        Assert.Equal(Timeout.InfiniteTimeSpan, client.Timeout);
    }

    /// <summary>Says when it was read for the first time, the second, and so on.</summary>
    sealed class AskedStream(Stream inner) : ForwardStream
    {
        readonly TaskCompletionSource[] asked = [.. Enumerable.Range(0, 16).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))];
        int reads;

        public Task Asked(int read) => asked[read - 1].Task;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            asked[reads++].TrySetResult();
            return inner.ReadAsync(buffer, cancellationToken);
        }
    }
}
