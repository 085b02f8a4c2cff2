using BackupRunner.Encryption;
using BackupRunner.Keys;
using BackupRunner.Reports;
using BackupRunner.Tests.Support;
using static BackupRunner.Tests.Encryption.Ciphers;

namespace BackupRunner.Tests.Encryption;

/// <summary>A mounted Secret is links through <c>..data</c>, which kubelet exchanges; then it removes what that pointed to.</summary>
public sealed class KeyRingExchangeTests : IDisposable
{
    static readonly byte[] first = Data(32, 20);
    static readonly byte[] second = Data(32, 21);

    readonly Scratch scratch = new();

    public void Dispose() => scratch.Dispose();

    static string Other(byte[] key) => "key-" + KeyId.Of(key);

    [Fact]
    public void Reads_through_the_links()
    {
        Mount("..one", ("key", first), (Other(second), second));
        Shell.Bash($"cd {scratch["ring"]}; ln -s ..data/key key; ln -s ..data/{Other(second)} {Other(second)}");
        using var ring = Open();
        Assert.Equal([KeyId.Of(first), KeyId.Of(second)], ring.Ids);
    }

    /// <summary>kubelet makes and removes the links in the folder itself after the exchange, so they say nothing.</summary>
    [Fact]
    public void What_is_behind_the_link_counts_and_not_what_is_beside_it()
    {
        Mount("..one", ("key", first), (Other(second), second));
        File.WriteAllBytes(Path.Join(scratch["ring"], "key"), second);
        using var ring = Open();
        Assert.Equal([KeyId.Of(first), KeyId.Of(second)], ring.Ids);
    }

    /// <summary>The ring of before had the first key as the current one and no other; read half and half, the first key would be gone.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reads_all_of_it_again_when_it_is_exchanged_meanwhile(bool removed)
    {
        Mount("..one", ("key", null));
        var opening = Task.Run(Open, TestContext.Current.CancellationToken);
        await using (var pipe = Pipe("..one/key"))
        {
            Mount("..two", ("key", second), (Other(first), first));
            if (removed)
                Directory.Delete(Path.Join(scratch["ring"], "..one"), recursive: true);
            await pipe.WriteAsync(first, TestContext.Current.CancellationToken);
        }
        using var ring = await opening;
        Assert.Equal([KeyId.Of(second), KeyId.Of(first)], ring.Ids);
        Assert.Empty(ring.Problems);
    }

    [Fact]
    public async Task Gives_up_when_it_is_exchanged_again_and_again()
    {
        Mount("..0", ("key", null));
        var opening = Task.Run(Open, TestContext.Current.CancellationToken);
        for (var i = 0; i < 3; i++)
        {
            await using var pipe = Pipe($"..{i}/key");
            Mount($"..{i + 1}", ("key", null));
            await pipe.WriteAsync(first, TestContext.Current.CancellationToken);
        }
        var refusal = await Assert.ThrowsAsync<RunnerException>(() => opening);
        Assert.Equal((ExitCode.Usage, $"the keys in \"{scratch["ring"]}\" changed 3 times while they were read"), (refusal.ExitCode, refusal.Message));
    }

    [Fact]
    public void A_link_to_nothing_is_an_error()
    {
        Mount("..one", ("key", first));
        Directory.Delete(Path.Join(scratch["ring"], "..one"), recursive: true);
        var refusal = Assert.Throws<RunnerException>(Open);
        Assert.Equal(ExitCode.Usage, refusal.ExitCode);
        Assert.StartsWith($"cannot read the keys in \"{scratch["ring"]}\": ", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>Waits until it is read.</summary>
    FileStream Pipe(string name) => new(Path.Join(scratch["ring"], name), FileMode.Open, FileAccess.Write, FileShare.ReadWrite);

    KeyRing Open() => KeyRing.Open(scratch["ring"], "key");

    /// <param name="fields">A field without a value is a pipe, whose reader waits.</param>
    void Mount(string state, params (string Name, byte[]? Value)[] fields)
    {
        var folder = scratch.Folder("ring/" + state);
        foreach (var (name, value) in fields)
        {
            if (value is null)
                Shell.Run("mkfifo", Path.Join(folder, name));
            else
                File.WriteAllBytes(Path.Join(folder, name), value);
        }
        Shell.Bash($"cd {scratch["ring"]}; ln -s {state} ..data_tmp; mv -T ..data_tmp ..data");
    }
}
