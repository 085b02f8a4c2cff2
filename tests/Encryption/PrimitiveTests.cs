using System.Security.Cryptography;
using BackupRunner.Encryption;
using BackupRunner.Keys;
using static BackupRunner.Tests.Encryption.Ciphers;

namespace BackupRunner.Tests.Encryption;

/// <summary>Published answers, of the framework's primitives that all else is made of.</summary>
public sealed class PrimitiveTests
{
    /// <summary>RFC 5649, section 6.</summary>
    [Theory]
    [InlineData("c37b7e64925843 40bed12207808941 155068f738", "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a")]
    [InlineData("466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f")]
    public void Wraps_keys_with_padding(string key, string wrapped)
    {
        using var cipher = Aes.Create();
        cipher.SetKey(Bytes("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8"));
        Assert.Equal(wrapped, Hex(cipher.EncryptKeyWrapPadded(Bytes(key))));
        Assert.Equal(Hex(Bytes(key)), Hex(cipher.DecryptKeyWrapPadded(Bytes(wrapped))));
    }

    /// <summary>The test cases 13, 14 and 15 of the GCM specification that NIST SP 800-38D refers to.</summary>
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919")]
    [InlineData(
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
        "b094dac5d93471bdec1a502270e3cc6c")]
    public void Encrypts_with_aes256_gcm(string key, string nonce, string plain, string encrypted, string tag)
    {
        using var cipher = new AesGcm(Bytes(key), GcmSegments.TagBytes);
        var (gotText, gotTag) = (new byte[plain.Length / 2], new byte[GcmSegments.TagBytes]);
        cipher.Encrypt(Bytes(nonce), Bytes(plain), gotText, gotTag);
        Assert.Equal((encrypted, tag), (Hex(gotText), Hex(gotTag)));
    }

    /// <summary>NIST SP 800-38A, F.2.5.</summary>
    [Fact]
    public void Encrypts_with_aes256_cbc()
    {
        using var cipher = Aes.Create();
        cipher.SetKey(Bytes("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"));
        var plain = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
        var encrypted = "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b";
        Assert.Equal(encrypted, Hex(cipher.EncryptCbc(Bytes(plain), Bytes("000102030405060708090a0b0c0d0e0f"), PaddingMode.None)));
    }

    /// <summary>RFC 5869, A.3, of whose 42 bytes a data key derives the first 32.</summary>
    [Fact]
    public void Derives_keys_by_hkdf()
    {
        using var key = new DataKey(SecretBytes.CopyOf(Bytes("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b")));
        using var derived = key.Derive("");
        Assert.Equal("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d", Hex(derived.Span));
    }

    /// <summary>RFC 5869, A.1, is the same function with its salt, whose info is no ASCII; so it is reached below <see cref="DataKey"/>.</summary>
    [Fact]
    public void Derives_keys_by_hkdf_with_a_salt()
    {
        var derived = HKDF.DeriveKey(HashAlgorithmName.SHA256, Bytes("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), 42, Bytes("000102030405060708090a0b0c"), Bytes("f0f1f2f3f4f5f6f7f8f9"));
        Assert.Equal("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865", Hex(derived));
    }
}
