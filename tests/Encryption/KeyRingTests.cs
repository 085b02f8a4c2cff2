using System.Text;
using BackupRunner.Encryption;
using BackupRunner.Keys;
using BackupRunner.Names;
using BackupRunner.Reports;
using BackupRunner.Tests.Support;
using static BackupRunner.Tests.Encryption.Ciphers;

namespace BackupRunner.Tests.Encryption;

public sealed class KeyRingTests : IDisposable
{
    static readonly byte[] current = Data(32, 10);
    static readonly byte[] older = Data(32, 11);
    static readonly byte[] oldest = Data(32, 12);

    readonly Scratch scratch = new();

    public void Dispose() => scratch.Dispose();

    static string Field(byte[] key) => "key-" + KeyId.Of(key);

    string Folder => scratch.Folder("ring");

    KeyRing Open(string keyField = "key") => KeyRing.Open(Folder, keyField);

    void Set(string field, ReadOnlySpan<byte> content) => File.WriteAllBytes(Path.Join(Folder, field), content);

    [Fact]
    public void Has_the_current_key_and_the_others_in_any_form()
    {
        Set("key", Encoding.ASCII.GetBytes(Hex(current) + "\n"));
        Set(Field(older), older);
        Set(Field(oldest), Encoding.ASCII.GetBytes(Convert.ToBase64String(oldest)));

        using var ring = Open();

        Assert.Equal(current, ring.Current.Material);
        Assert.Equal(KeyId.Of(current), ring.Ids[0]);
        Assert.Equal([.. new[] { older, oldest }.Select(key => KeyId.Of(key).Text).Order(StringComparer.Ordinal)], ring.Ids.Skip(1).Select(id => id.Text));
        Assert.Same(ring.Current, ring.Find(KeyId.Of(current)));
        Assert.Equal(older, ring.Find(KeyId.Of(older))!.Material);
        Assert.Null(ring.Find(KeyId.Of("none"u8)));
        Assert.Empty(ring.Problems);
    }

    /// <summary>Promoted, a key is in the ring twice for a while.</summary>
    [Fact]
    public void A_key_that_is_current_and_another_is_one()
    {
        Set("key", current);
        Set(Field(current), current);
        using var ring = Open();
        Assert.Equal([KeyId.Of(current)], ring.Ids);
        Assert.Empty(ring.Problems);
    }

    [Fact]
    public void Other_keys_that_are_none_are_problems_and_count_as_absent()
    {
        Set("key", current);
        Set(Field(older), "not a key"u8);
        Set(Field(oldest), current);
        Set("key-0123456789abcdef", new byte[2000]);
        Directory.CreateDirectory(Path.Join(Folder, "key-00000000000000ff"));

        using var ring = Open();

        Assert.Equal([KeyId.Of(current)], ring.Ids);
        Assert.Equal(
            new[]
            {
                $"\"{Folder}/{Field(older)}\" is no key: it has 9 bytes",
                $"\"{Folder}/{Field(oldest)}\" is the key {KeyId.Of(current)}, not the one that its name says",
                $"\"{Folder}/key-0123456789abcdef\" is no key: it has more than 1024 bytes",
            }.Order(StringComparer.Ordinal),
            ring.Problems.Where(problem => !problem.StartsWith("cannot read", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.StartsWith($"cannot read \"{Folder}/key-00000000000000ff\": ", Assert.Single(ring.Problems, problem => problem.StartsWith("cannot read", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void Fields_of_others_are_not_looked_at()
    {
        Set("key", current);
        foreach (var field in (string[])["password", "key-old", "key2", ".key-0123456789abcdef", "other-0123456789abcdef", "..data_tmp"])
            Set(field, "x"u8);
        using var ring = Open();
        Assert.Equal([KeyId.Of(current)], ring.Ids);
        Assert.Empty(ring.Problems);
    }

    [Fact]
    public void Says_what_is_wrong_with_the_current_key()
    {
        Assert.Equal($"the key ring \"{Folder}\" is empty: it has no \"key\", the current key", Refusal(ExitCode.Integrity).Message);
        Set("password", "x"u8);
        Set("..hidden", "x"u8);
        Assert.Equal($"the key ring \"{Folder}\" has \"password\" and no \"key\", the current key", Refusal(ExitCode.Integrity).Message);
        for (var i = 0; i < 7; i++)
            Set("a" + i, "x"u8);
        Assert.Equal($"the key ring \"{Folder}\" has \"a0\", \"a1\", \"a2\", \"a3\", \"a4\", 3 more and no \"key\", the current key", Refusal(ExitCode.Integrity).Message);
        Set("key", "correct horse battery staple"u8);
        var refusal = Refusal(ExitCode.Integrity);
        Assert.Equal($"\"{Folder}/key\" is no key: it has 28 bytes", refusal.Message);
        Assert.Contains("\"keys generate\"", refusal.Hint, StringComparison.Ordinal);
        Set("key", []);
        Assert.Equal($"\"{Folder}/key\" is no key: it is empty", Refusal(ExitCode.Integrity).Message);
        Set("key", Encoding.ASCII.GetBytes(Hex(current)[..32]));
        Assert.Equal($"\"{Folder}/key\" is no key: it has 32 hex digits, not 64", Refusal(ExitCode.Integrity).Message);
    }

    [Fact]
    public void What_cannot_be_read_is_a_mistake_of_the_caller()
    {
        var missing = Assert.Throws<RunnerException>(() => KeyRing.Open(scratch["none"], "key"));
        Assert.Equal((ExitCode.Usage, $"there is no folder \"{scratch["none"]}\" with keys"), (missing.ExitCode, missing.Message));
        Assert.Contains("--keys", missing.Hint, StringComparison.Ordinal);
        Directory.CreateDirectory(Path.Join(Folder, "key"));
        Assert.StartsWith($"cannot read \"{Folder}/key\": ", Refusal(ExitCode.Usage).Message, StringComparison.Ordinal);
        Directory.Delete(Path.Join(Folder, "key"));
        Shell.Bash($"ln -s nowhere {Folder}/key");
        Assert.StartsWith($"cannot read \"{Folder}/key\": ", Refusal(ExitCode.Usage).Message, StringComparison.Ordinal);
        Shell.Bash($"ln -s ..data {Folder}/..data");
        Assert.StartsWith($"cannot read the keys in \"{Folder}\": ", Refusal(ExitCode.Usage).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_are_zeros_after_the_ring_was_disposed()
    {
        Set("key", current);
        Set(Field(older), older);
        var ring = Open();
        var secrets = ring.Ids.SelectMany(id => SecretsOf(ring.Find(id)!)).ToList();
        Assert.Equal(2, secrets.Count);
        Assert.Equal([current, older], secrets);
        ring.Dispose();
        Assert.All(secrets, secret => Assert.Equal(new byte[32], secret));
    }

    [Fact]
    public void Unwraps_what_any_of_its_keys_wrapped()
    {
        Set("key", current);
        Set(Field(older), older);
        using var ring = Open();
        using var data = Key();
        foreach (var key in (byte[][])[current, older])
        {
            using var by = new KeyEncryptionKey(SecretBytes.CopyOf(key));
            var wrapped = WrappedKey.By(by, data, Id);
            Assert.True(ring.Fits(wrapped.File));
            using var unwrapped = ring.Unwrap(wrapped);
            Assert.True(unwrapped!.IsSameAs(data));
            Assert.Null(ring.Unwrap(wrapped with { Wrapped = new byte[40] }));
        }
        using var missing = new KeyEncryptionKey(SecretBytes.CopyOf(oldest));
        var other = WrappedKey.By(missing, data, Id);
        Assert.False(ring.Fits(other.File));
        Assert.Null(ring.Unwrap(other));
        Assert.Null(ring.Unwrap(other with { KeyId = KeyId.Of(current) }));
        foreach (var file in (string[])[BackupKeys.RecoveryWrapName, BackupKeys.ManifestName, $"{KeyId.Of(current)}.json", $"keys/{KeyId.Of(current)}"])
            Assert.False(ring.Fits(file));
    }

    [Fact]
    public void Says_which_keys_a_backup_needs_and_where_they_belong()
    {
        Set("key", current);
        Set(Field(older), "x"u8);
        using var ring = Open();
        var refusal = ring.Missing(Ciphers.Keys, [KeyId.Of(older), KeyId.Of(oldest)]);
        Assert.Equal(ExitCode.Integrity, refusal.ExitCode);
        Assert.Equal(
            $"backup \"{Id}\" needs the key {KeyId.Of(older)} or {KeyId.Of(oldest)}, and the key ring \"{Folder}\" has {KeyId.Of(current)} (\"{Folder}/{Field(older)}\" is no key: it has 1 bytes)",
            refusal.Message);
        Assert.Contains($"as the field \"{Field(older)}\" or \"{Field(oldest)}\"", refusal.Hint, StringComparison.Ordinal);
        Assert.Contains("no wrapped key", ring.Missing(Ciphers.Keys, []).Message, StringComparison.Ordinal);
        var damaged = ring.Refused(Ciphers.Keys, new WrappedKey { Backup = Id, KeyId = KeyId.Of(current), Wrapped = new byte[40] });
        Assert.Equal((ExitCode.Integrity, $"\"{Ciphers.Keys.Wrap(KeyId.Of(current))}\" was altered or damaged: it does not unwrap with the key {KeyId.Of(current)}"), (damaged.ExitCode, damaged.Message));
    }

    RunnerException Refusal(ExitCode exitCode)
    {
        var refusal = Assert.Throws<RunnerException>(() => Open());
        Assert.Equal(exitCode, refusal.ExitCode);
        Assert.NotNull(refusal.Hint);
        return refusal;
    }
}
