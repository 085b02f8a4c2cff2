using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage;

/// <summary>What a store must survive whose parts are checked one by one.</summary>
public abstract class MultipartFaultContract : StoreFaultContract
{
    [Fact]
    public async Task A_part_that_was_damaged_on_the_way_is_sent_again()
    {
        var tail = Patterned(50_000, 1);
        Spoil(WireKind.Part, new Fault.Garble(40_000));
        await Upload(Store, "a/big", tail);
        Proxy.AssertAllSpoiled();
        Assert.Equal(3, Count(WireKind.Part));
        var read = await Read(Direct, (await Direct.Head("a/big", Cancel))!);
        Assert.Equal([.. Patterned(read.Length - tail.Length, 2), .. tail], read);
    }

    [Fact]
    public async Task Only_the_part_that_failed_is_sent_again()
    {
        Spoil(WireKind.Part, new Fault.CutRequest(1000), times: 3);
        await Upload(Store, "a/big", Patterned(50_000, 1));
        Assert.Equal(5, Count(WireKind.Part));
        Assert.Equal(1, Count(WireKind.Begin));
    }
}
