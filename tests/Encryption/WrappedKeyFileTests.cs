using System.Text;
using System.Text.Json.Nodes;
using BackupRunner.Encryption;
using BackupRunner.Names;
using BackupRunner.Reports;
using static BackupRunner.Tests.Encryption.Ciphers;

namespace BackupRunner.Tests.Encryption;

public sealed class WrappedKeyFileTests
{
    const string Sha256 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    static readonly WrappedKey byKey = new() { Backup = Id, KeyId = KeyId("66687aadf862bd77"), Wrapped = new byte[] { 1, 2, 3 } };
    static readonly WrappedKey forRecovery = new() { Backup = Id, PublicKeySha256 = Sha256, Wrapped = new byte[] { 0xfb, 0xff } };

    static BackupRunner.Keys.KeyId KeyId(string text) => BackupRunner.Keys.KeyId.Parse(text)!;

    [Fact]
    public void Is_written_as_the_format_says()
    {
        Assert.Equal("""
            {
              "formatVersion": 1,
              "backup": "20261122t020000z-k3x7qa",
              "algorithm": "aes256-wrap-pad",
              "keyId": "66687aadf862bd77",
              "wrapped": "AQID"
            }

            """, Encoding.UTF8.GetString(WrappedKeyFile.Write(byKey)));
        Assert.Equal($$"""
            {
              "formatVersion": 1,
              "backup": "20261122t020000z-k3x7qa",
              "algorithm": "rsa-oaep-sha256",
              "publicKeySha256": "{{Sha256}}",
              "wrapped": "+/8="
            }

            """, Encoding.UTF8.GetString(WrappedKeyFile.Write(forRecovery)));
        Assert.Equal(("keys/66687aadf862bd77.json", "keys/recovery.json"), (byKey.File, forRecovery.File));
    }

    [Fact]
    public void Is_read_as_it_was_written_with_members_that_are_not_known()
    {
        foreach (var key in (WrappedKey[])[byKey, forRecovery])
        {
            var json = JsonNode.Parse(WrappedKeyFile.Write(key))!.AsObject();
            json["later"] = new JsonObject { ["a"] = 1 };
            foreach (var file in (byte[][])[WrappedKeyFile.Write(key), Encoding.UTF8.GetBytes(json.ToJsonString())])
            {
                var read = WrappedKeyFile.Read(file, Ciphers.Keys, key.File);
                Assert.Equal(key with { Wrapped = read.Wrapped }, read);
                Assert.Equal(key.Wrapped.ToArray(), read.Wrapped.ToArray());
            }
        }
    }

    public static TheoryData<string, string?, string> Altered => new()
    {
        { "formatVersion", "2", "\"KEY\" has formatVersion 2, this program reads 1" },
        { "formatVersion", null, "\"KEY\" has formatVersion 0, this program reads 1" },
        { "formatVersion", "\"1\"", "\"KEY\" was altered or damaged: it is no wrapped key: " },
        { "algorithm", "\"rot13\"", "\"KEY\" is wrapped by the algorithm \"rot13\", this program knows \"aes256-wrap-pad\" and \"rsa-oaep-sha256\"" },
        { "algorithm", "\"\\u001b[2J\"", "\"KEY\" is wrapped by the algorithm \"\\u001B[2J\", this program" },
        { "algorithm", null, "\"KEY\" is wrapped by the algorithm null, this program" },
        { "algorithm", "\"rsa-oaep-sha256\"", "\"KEY\" was altered or damaged: its publicKeySha256 is null" },
        { "backup", "\"20261122t020000z-k3x7qb\"", "\"KEY\" was altered or damaged: it is of backup \"20261122t020000z-k3x7qb\"" },
        { "backup", null, "\"KEY\" was altered or damaged: it is no wrapped key: " },
        { "backup", "null", "\"KEY\" was altered or damaged: it is no wrapped key: " },
        { "keyId", "\"66687AADF862BD77\"", "\"KEY\" was altered or damaged: its keyId is \"66687AADF862BD77\"" },
        { "keyId", "\"../backup\"", "\"KEY\" was altered or damaged: its keyId is \"../backup\"" },
        { "keyId", null, "\"KEY\" was altered or damaged: its keyId is null" },
        { "keyId", "\"0000000000000000\"", "\"KEY\" was altered or damaged: it is what \"keys/0000000000000000.json\" should be" },
        { "wrapped", "\"AQI\"", "\"KEY\" was altered or damaged: it is no wrapped key: " },
        { "wrapped", "7", "\"KEY\" was altered or damaged: it is no wrapped key: " },
        { "wrapped", null, "\"KEY\" was altered or damaged: it is no wrapped key: " },
    };

    [Theory]
    [MemberData(nameof(Altered))]
    public void Refuses_what_was_altered(string member, string? value, string message)
    {
        var json = JsonNode.Parse(WrappedKeyFile.Write(byKey))!.AsObject();
        json.Remove(member);
        if (value is not null)
            json[member] = JsonNode.Parse(value);
        Refuses(Encoding.UTF8.GetBytes(json.ToJsonString()), byKey.File, message);
    }

    [Theory]
    [InlineData("\"Z0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"")]
    [InlineData("\"00\"")]
    public void Refuses_a_recovery_key_that_is_no_fingerprint(string value)
    {
        var json = JsonNode.Parse(WrappedKeyFile.Write(forRecovery))!.AsObject();
        json["publicKeySha256"] = JsonNode.Parse(value);
        Refuses(Encoding.UTF8.GetBytes(json.ToJsonString()), forRecovery.File, "\"KEY\" was altered or damaged: its publicKeySha256 is " + value);
    }

    [Fact]
    public void Refuses_what_is_no_wrapped_key_at_all()
    {
        foreach (var text in (string[])["", "{", "[]", "7", "\"text\"", "not json", "{}{}", "\0"])
            Refuses(Encoding.UTF8.GetBytes(text), byKey.File, "\"KEY\" was altered or damaged: it is no wrapped key: ");
        Refuses("null"u8.ToArray(), byKey.File, "\"KEY\" was altered or damaged: it is empty");
        Refuses(Encoding.UTF8.GetBytes("{\"formatVersion\": 1, \"formatVersion\": 1}"), byKey.File, "\"KEY\" was altered or damaged: it is no wrapped key: ");
        byte[] large = [.. WrappedKeyFile.Write(byKey), .. Enumerable.Repeat((byte)' ', 64 << 10)];
        Refuses(large, byKey.File, "\"KEY\" was altered or damaged: it has more than 65536 bytes");
        Assert.NotNull(WrappedKeyFile.Read(large.AsSpan(0, 64 << 10), Ciphers.Keys, byKey.File));
    }

    [Fact]
    public void Refuses_an_object_that_is_in_the_place_of_another()
    {
        Refuses(WrappedKeyFile.Write(forRecovery), byKey.File, "\"KEY\" was altered or damaged: it is what \"keys/recovery.json\" should be");
        Refuses(WrappedKeyFile.Write(byKey), forRecovery.File, "\"KEY\" was altered or damaged: it is what \"keys/66687aadf862bd77.json\" should be");
        var refusal = Assert.Throws<RunnerException>(() => WrappedKeyFile.Read(WrappedKeyFile.Write(byKey), new BackupKeys("", Series, OtherId), byKey.File));
        Assert.Contains("it is of backup \"20261122t020000z-k3x7qa\"", refusal.Message, StringComparison.Ordinal);
    }

    static void Refuses(byte[] file, string name, string message)
    {
        var refusal = Assert.Throws<RunnerException>(() => WrappedKeyFile.Read(file, Ciphers.Keys, name));
        Assert.Equal(ExitCode.Integrity, refusal.ExitCode);
        Assert.NotNull(refusal.Hint);
        Assert.StartsWith(message.Replace("KEY", Ciphers.Keys.Folder + name, StringComparison.Ordinal), refusal.Message, StringComparison.Ordinal);
    }
}
