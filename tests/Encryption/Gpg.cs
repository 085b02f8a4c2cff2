using System.Text;
using BackupRunner.Encryption;
using BackupRunner.Keys;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Encryption;

/// <summary>What tests of the gpg cipher compare with: the stock program, and what runs of it left.</summary>
static class Gpg
{
    /// <summary>What the homes of this process begin with.</summary>
    static readonly string HomePrefix = $"/dev/shm/backup-runner-gpg-{Environment.ProcessId}-";

    public static DataKey Key(byte fill = 7)
    {
        var material = new SecretBytes(DataKey.Bytes);
        material.Span.Fill(fill);
        return new DataKey(material);
    }

    public static string Passphrase(DataKey key)
    {
        using var derived = key.Derive("backup-runner gpg v1");
        return Convert.ToHexStringLower(derived.Span);
    }

    public static async Task<byte[]> Encrypt(DataKey key, ReadOnlyMemory<byte> plain)
    {
        var stored = new MemoryStream();
        await using var encrypting = await new GpgCipher(key).Encrypt(stored, TestContext.Current.CancellationToken);
        await encrypting.WriteAsync(plain, TestContext.Current.CancellationToken);
        await encrypting.Complete(TestContext.Current.CancellationToken);
        return stored.ToArray();
    }

    public static async Task<byte[]> Decrypt(DataKey key, Stream stored)
    {
        await using var plain = await new GpgCipher(key).Decrypt(stored, TestContext.Current.CancellationToken);
        var read = new MemoryStream();
        await plain.CopyToAsync(read, TestContext.Current.CancellationToken);
        return read.ToArray();
    }

    public static Task<byte[]> Decrypt(DataKey key, byte[] stored) => Decrypt(key, new MemoryStream(stored));

    public static async Task DecryptsTo(byte[] plain, DataKey key, byte[] stored)
    {
        var decrypted = await Decrypt(key, stored);
        Assert.True(plain.AsSpan().SequenceEqual(decrypted), $"{decrypted.Length} other bytes than the {plain.Length} that were encrypted");
    }

    /// <summary>Runs the stock gpg with a home of its own and the passphrase as descriptor 3.</summary>
    public static void Stock(Scratch scratch, string passphrase, string arguments)
    {
        scratch.File("passphrase", passphrase + "\n");
        Shell.Bash($"cd '{scratch.Path}'; mkdir -p -m 700 home; gpg --homedir home --batch --pinentry-mode loopback --passphrase-fd 3 {arguments} 3< passphrase; "
            + "gpgconf --homedir home --kill all");
    }

    /// <summary>Homes of gpg that exist.</summary>
    public static IReadOnlyList<string> Homes() => [.. Directory.GetDirectories("/dev/shm", Path.GetFileName(HomePrefix) + "*").Order(StringComparer.Ordinal)];

    /// <summary>The arguments and the environment of each process that has one of our homes in them, by its id.</summary>
    public static IReadOnlyDictionary<int, string> Processes()
    {
        var found = new Dictionary<int, string>();
        foreach (var folder in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var id))
                continue;
            var text = Content(folder + "/cmdline") + '\0' + Content(folder + "/environ");
            if (text.Contains(HomePrefix, StringComparison.Ordinal))
                found.Add(id, text);
        }
        return found;
    }

    // Empty when the process has ended meanwhile, or when not even root may look into it: then it is none that this one started.
    static string Content(string file)
    {
        try
        {
            return Encoding.Latin1.GetString(File.ReadAllBytes(file));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Neither a process nor a folder of any run is left.</summary>
    public static void NothingIsLeft()
    {
        Assert.Empty(Processes());
        Assert.Empty(Homes());
    }
}
