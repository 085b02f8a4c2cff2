using System.Security.Cryptography;
using BackupRunner.Encryption;
using BackupRunner.Keys;
using BackupRunner.Tests.Support;
using static BackupRunner.Tests.Encryption.Ciphers;

namespace BackupRunner.Tests.Encryption;

public sealed class KeyWrapTests : IDisposable
{
    readonly Scratch scratch = new();
    readonly KeyEncryptionKey by = WrappingKey();
    readonly DataKey key = Key();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        by.Dispose();
        key.Dispose();
        scratch.Dispose();
    }

    /// <summary>The answer of Python's cryptography to the keys 00..1f and 20..3f.</summary>
    [Fact]
    public void Wraps_as_others_do()
    {
        using var counting = new KeyEncryptionKey(SecretBytes.CopyOf([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
        using var data = new DataKey(SecretBytes.CopyOf([.. Enumerable.Range(32, 32).Select(i => (byte)i)]));
        var wrapped = KeyWrap.Wrap(counting, data);
        Assert.Equal("92f48c52045c08050ec796a5a91c5ddaf7c61cbdc940adc8d3dc8a144f6161a8c5d3299e325f1750", Hex(wrapped));
        using var unwrapped = KeyWrap.Unwrap(counting, wrapped);
        Assert.True(unwrapped!.IsSameAs(data));
    }

    [Fact]
    public async Task Openssl_unwraps_it_and_we_unwrap_what_openssl_wraps()
    {
        await File.WriteAllBytesAsync(scratch["wrapped"], KeyWrap.Wrap(by, key), Cancel);
        await File.WriteAllBytesAsync(scratch["key"], key.Material.ToArray(), Cancel);
        var openssl = $"openssl enc -id-aes256-wrap-pad -K {Hex(by.Material)} -iv A65959A6";
        Shell.Bash($"cd {scratch.Path}; {openssl} -d -in wrapped | cmp - key; {openssl} -e -in key -out theirs");
        using var unwrapped = KeyWrap.Unwrap(by, await File.ReadAllBytesAsync(scratch["theirs"], Cancel));
        Assert.True(unwrapped!.IsSameAs(key));
    }

    [Fact]
    public void Every_altered_bit_and_every_other_length_does_not_unwrap()
    {
        var wrapped = KeyWrap.Wrap(by, key);
        for (var bit = 0; bit < wrapped.Length * 8; bit++)
        {
            wrapped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(KeyWrap.Unwrap(by, wrapped));
            wrapped[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        for (var length = 0; length < wrapped.Length; length++)
            Assert.Null(KeyWrap.Unwrap(by, wrapped.AsSpan(0, length)));
        Assert.Null(KeyWrap.Unwrap(by, [.. wrapped, 0]));
        Assert.Null(KeyWrap.Unwrap(by, [.. wrapped, .. new byte[8]]));
        using var other = WrappingKey(8);
        Assert.Null(KeyWrap.Unwrap(other, wrapped));
    }

    /// <summary>Wrapped, a key of 25 to 32 bytes has 40.</summary>
    [Theory]
    [InlineData(16)]
    [InlineData(25)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(64)]
    public void What_is_wrapped_well_but_is_no_data_key_does_not_unwrap(int length)
    {
        using var cipher = Aes.Create();
        cipher.SetKey(by.Material);
        Assert.Null(KeyWrap.Unwrap(by, cipher.EncryptKeyWrapPadded(Data(length))));
    }

    [Fact]
    public void Keys_are_zeros_after_they_were_disposed()
    {
        var (first, second, third) = (SecretBytes.Random(32), SecretBytes.Random(32), SecretBytes.Random(100));
        byte[][] arrays = [first.Array, second.Array, third.Array];
        Assert.All(arrays, array => Assert.Contains(array, b => b != 0));
        new DataKey(first).Dispose();
        new KeyEncryptionKey(second).Dispose();
        third.Dispose();
        Assert.All(arrays, array => Assert.DoesNotContain(array, b => b != 0));
        Assert.Throws<ObjectDisposedException>(() => third.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => third.Array);
        Assert.Equal("**redacted**", $"{third}");
    }
}
