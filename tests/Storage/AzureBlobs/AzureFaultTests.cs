using BackupRunner.Storage;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.AzureBlobs;

public sealed class AzureFaultTests : MultipartFaultContract
{
    AzureContainer container = null!;

    protected override async Task<Uri> Prepare()
    {
        container = await AzureContainer.Create(Cancel);
        return AzureContainer.Service;
    }

    protected override IObjectStore OpenAt(Uri address, TimeProvider time) => container.Open(address, time);

    protected override WireKind KindOf(WireRequest request) => AzureWire.KindOf(request);

    protected override ValueTask CleanUp() => container.DisposeAsync();

    [Fact]
    public async Task The_block_of_a_small_object_that_was_damaged_on_the_way_is_sent_again()
    {
        var content = Patterned(2000, 3);
        Proxy.Spoil(AzureWire.IsSmallBlock, new Fault.Garble(1000));
        await Store.Put("a/small", content, Cancel);
        Proxy.AssertAllSpoiled();
        Assert.Equal(2, Proxy.Requests.Count(AzureWire.IsSmallBlock));
        Assert.Equal(content, await Read(Direct, (await Direct.Head("a/small", Cancel))!));
    }

    [Fact]
    public async Task The_block_of_a_small_object_whose_answer_was_lost_is_sent_again()
    {
        Proxy.Spoil(AzureWire.IsSmallBlock, new Fault.DropAnswer());
        await Store.Put("a/small", "hello"u8.ToArray(), Cancel);
        Proxy.AssertAllSpoiled();
        Assert.Equal("hello"u8.ToArray(), await Read(Direct, (await Direct.Head("a/small", Cancel))!));
        Assert.Empty(await Direct.ListUploads("", Cancel).ToListAsync(Cancel));
    }

    [Fact]
    public async Task An_upload_whose_commit_was_answered_to_nobody_is_committed_once()
    {
        Spoil(WireKind.Complete, new Fault.DropAnswer());
        var stored = await Upload(Store, "a/big", Patterned(1000, 1));
        Assert.Equal(1, Count(WireKind.Complete));
        Assert.Equal(await Direct.Head("a/big", Cancel), stored);
    }

    [Fact]
    public async Task A_commit_without_an_answer_is_not_taken_for_done_when_another_program_has_replaced_the_object()
    {
        await using var upload = await OpenAt(Proxy.Address, TimeProvider.System).BeginUpload("a/big", Cancel);
        await upload.SendPart(1, 0, Patterned(1000, 1), Cancel);
        Spoil(WireKind.Complete, new Fault.DropAnswer());
        await Assert.ThrowsAsync<RunnerException>(() => upload.Complete(Cancel));
        await Direct.Put("a/big", Patterned(1000, 2), Cancel);
        var refused = await Assert.ThrowsAsync<RunnerException>(() => upload.Complete(Cancel));
        Assert.Contains("parts that were sent are no longer there", refused.Message, StringComparison.Ordinal);
        Assert.Null(refused.Retry);
    }

    /// <summary>The service refuses both; the emulator does not.</summary>
    [Fact]
    public async Task No_empty_block_is_sent_and_nothing_is_asked_for_beyond_an_object()
    {
        await using var upload = await Store.BeginUpload("a/big", Cancel);
        await upload.SendPart(1, 0, ReadOnlyMemory<byte>.Empty, Cancel);
        var empty = await upload.Complete(Cancel);
        Assert.Equal(0, Count(WireKind.Part));
        Assert.Empty(await Read(OpenAt(Proxy.Address, TimeProvider.System), empty));
        Assert.Equal(0, Count(WireKind.Read));
    }

    [Fact]
    public async Task The_library_does_not_read_on_by_itself_when_a_body_is_cut()
    {
        var stored = await Direct.Put("a/long", Patterned(3_000_000, 5), Cancel);
        Spoil(WireKind.Read, new Fault.CutAnswer(1_000_000));
        await using var stream = await OpenAt(Proxy.Address, TimeProvider.System).OpenRead(stored, 0, Cancel);
        await Assert.ThrowsAsync<HttpRequestException>(() => stream.CopyToAsync(Stream.Null, Cancel));
        Assert.Equal(1, Count(WireKind.Read));
    }
}
