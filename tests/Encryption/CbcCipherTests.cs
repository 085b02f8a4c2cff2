using BackupRunner.Encryption;
using BackupRunner.Tests.Support;
using static BackupRunner.Tests.Encryption.Ciphers;

namespace BackupRunner.Tests.Encryption;

public sealed class CbcCipherTests : IDisposable
{
    const int Chunk = 1 << 20;

    readonly Scratch scratch = new();
    readonly DataKey key = Key();
    readonly byte[] iv = Data(CbcCipher.IvBytes, 4);

    CbcCipher Cipher => new(key, iv);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        key.Dispose();
        scratch.Dispose();
    }

    public static TheoryData<int> Sizes => [0, 1, 15, 16, 17, Chunk - 16, Chunk - 1, Chunk, Chunk + 1, (2 * Chunk) - 1, 2 * Chunk, (3 * Chunk) + 12_345];

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task Openssl_reads_and_writes_the_same_bytes(int size)
    {
        var data = Data(size);
        var ours = await Encrypt(Cipher, data, 1, 17, 4096, Chunk + 1, 65_537, 2 * Chunk);
        await File.WriteAllBytesAsync(scratch["plain"], data, Cancel);
        using var derived = key.Derive("backup-runner cbc v1");
        Shell.Bash($"cd {scratch.Path}; openssl enc -e -aes-256-cbc -K {Hex(derived.Span)} -iv {Hex(iv)} -in plain -out theirs");
        var theirs = await File.ReadAllBytesAsync(scratch["theirs"], Cancel);

        Assert.Equal(theirs, ours);
        Assert.Equal(ours, await Encrypt(Cipher, data));
        Assert.Equal(data, await Decrypt(Cipher, new MemoryStream(theirs), 1, 5, 81_920));
        Assert.Equal(data, await Decrypt(Cipher, new UnevenStream(theirs)));
    }

    [Theory]
    [InlineData(0, "the archive is empty: it was cut")]
    [InlineData(15, "the archive was cut: it ends after 15 bytes, which is no multiple of 16")]
    [InlineData(Chunk + 1, "the archive was cut: it ends after 1048577 bytes, which is no multiple of 16")]
    [InlineData(Chunk + 32, "the padding at the archive's end, at byte 1048592, is wrong: it was altered, cut, or belongs to another key")]
    [InlineData(Chunk, "the padding at the archive's end, at byte 1048560, is wrong: it was altered, cut, or belongs to another key")]
    public async Task Refuses_what_was_cut(int length, string message)
    {
        var stored = await Encrypt(Cipher, Data(Chunk + 1000));
        var (refusal, before) = await Refused(Cipher, stored[..length]);
        Assert.Equal(message, refusal.Message);
        Assert.Equal(Data(length <= Chunk ? 0 : Chunk), before);
    }

    [Fact]
    public async Task Refuses_the_padding_that_another_key_or_a_flipped_bit_makes()
    {
        using var other = Key(9);
        var stored = await Encrypt(Cipher, Data(1000));
        Assert.StartsWith("the padding at the archive's end, at byte 992, is wrong", (await Refused(new CbcCipher(other, iv), stored)).Refusal.Message, StringComparison.Ordinal);
        stored[^1] ^= 1;
        Assert.StartsWith("the padding at the archive's end, at byte 992, is wrong", (await Refused(Cipher, stored)).Refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>Which is why the whole object is verified first.</summary>
    [Fact]
    public async Task Only_gcm_proves_what_it_decrypts()
    {
        Assert.False(Cipher.ProvesEveryByte);
        Assert.True(new GcmCipher(key, Id).ProvesEveryByte);
        var stored = await Encrypt(Cipher, Data(1000));
        stored[100] ^= 1;
        Assert.NotEqual(Data(1000), await Decrypt(Cipher, new MemoryStream(stored)));
    }

    [Fact]
    public async Task An_iv_of_another_length_is_a_mistake_of_the_caller()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => new CbcCipher(key, new byte[15]).Encrypt(Stream.Null, Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => new CbcCipher(key, new byte[32]).Decrypt(Stream.Null, Cancel));
    }

    [Fact]
    public async Task Leaves_the_streams_open_and_no_plaintext_in_memory()
    {
        using var stored = new MemoryStream();
        var encrypting = await Cipher.Encrypt(stored, Cancel);
        await encrypting.WriteAsync(Data(1000), Cancel);
        await encrypting.Complete(Cancel);
        var plain = Assert.Single(SecretsOf(encrypting));
        Assert.Equal(Data(1000), plain[..1000]);
        await encrypting.DisposeAsync();
        Assert.DoesNotContain(plain, b => b != 0);

        stored.Position = 0;
        var decrypting = await Cipher.Decrypt(stored, Cancel);
        await decrypting.ReadExactlyAsync(new byte[10], Cancel);
        plain = Assert.Single(SecretsOf(decrypting));
        Assert.Equal(Data(1000), plain[..1000]);
        await decrypting.DisposeAsync();
        Assert.True(stored.CanRead);
        Assert.DoesNotContain(plain, b => b != 0);
    }
}
