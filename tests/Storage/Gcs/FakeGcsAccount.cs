using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace BackupRunner.Tests.Storage.Gcs;

/// <summary>A service account with one key.</summary>
public sealed class FakeGcsAccount(string name, RSA key)
{
    /// <summary>Making one takes a while.</summary>
    public static RSA CommonKey { get; } = RSA.Create(2048);

    public string Email => $"{name}@test-project.iam.gserviceaccount.com";

    public string KeyId { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));

    /// <summary>False: the key was deleted.</summary>
    public bool HasKey { get; set; } = true;

    public bool Verify(byte[] text, byte[] signature) => HasKey && key.VerifyData(text, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    /// <summary>The file that one downloads for a new key.</summary>
    public string File(Uri tokens) => new JsonObject
    {
        ["type"] = "service_account",
        ["project_id"] = "test-project",
        ["private_key_id"] = KeyId,
        ["private_key"] = key.ExportPkcs8PrivateKeyPem() + "\n",
        ["client_email"] = Email,
        ["client_id"] = "100000000000000000001",
        ["token_uri"] = tokens.AbsoluteUri,
        ["universe_domain"] = "googleapis.com",
    }.ToJsonString();
}
