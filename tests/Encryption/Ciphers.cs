using System.Reflection;
using BackupRunner.Encryption;
using BackupRunner.Keys;
using BackupRunner.Names;
using BackupRunner.Reports;

namespace BackupRunner.Tests.Encryption;

/// <summary>What the tests of all ciphers do with them.</summary>
static class Ciphers
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static BackupId Id { get; } = BackupId.Parse("20261122t020000z-k3x7qa")!;

    public static BackupId OtherId { get; } = BackupId.Parse("20261122t020000z-k3x7qb")!;

    public static SeriesId Series { get; } = SeriesId.Parse("local/shop/statefulset.redis/data")!;

    public static BackupKeys Keys { get; } = new("", Series, Id);

    /// <summary>Bytes that look random and are the same every time.</summary>
    public static byte[] Data(int length, int seed = 1)
    {
        var data = new byte[length];
        new Random(seed).NextBytes(data);
        return data;
    }

    public static DataKey Key(int seed = 2) => new(SecretBytes.CopyOf(Data(DataKey.Bytes, seed)));

    public static KeyEncryptionKey WrappingKey(int seed = 3) => new(SecretBytes.CopyOf(Data(KeyEncryptionKey.Bytes, seed)));

    public static async Task<byte[]> Encrypt(IArchiveCipher cipher, byte[] data, params int[] pieces)
    {
        using var target = new MemoryStream();
        await using (var stream = await cipher.Encrypt(target, Cancel))
        {
            var from = 0;
            for (var i = 0; from < data.Length; i++)
            {
                var count = Math.Min(pieces.Length == 0 ? data.Length : pieces[i % pieces.Length], data.Length - from);
                await stream.WriteAsync(data.AsMemory(from, count), Cancel);
                from += count;
            }
            await stream.Complete(Cancel);
        }
        return target.ToArray();
    }

    /// <param name="pieces">Of the reads; none: copied.</param>
    public static async Task<byte[]> Decrypt(IArchiveCipher cipher, Stream stored, params int[] pieces)
    {
        await using var stream = await cipher.Decrypt(stored, Cancel);
        using var target = new MemoryStream();
        if (pieces.Length == 0)
        {
            await stream.CopyToAsync(target, Cancel);
            return target.ToArray();
        }
        var buffer = new byte[pieces.Max()];
        for (var i = 0; await stream.ReadAsync(buffer.AsMemory(0, pieces[i % pieces.Length]), Cancel) is > 0 and var count; i++)
            target.Write(buffer, 0, count);
        return target.ToArray();
    }

    /// <summary>Reads what must not decrypt, and fails when more comes out after the refusal.</summary>
    /// <returns>The refusal, and what came out before it.</returns>
    public static async Task<(RunnerException Refusal, byte[] Before)> Refused(IArchiveCipher cipher, byte[] stored)
    {
        await using var stream = await cipher.Decrypt(new MemoryStream(stored), Cancel);
        using var target = new MemoryStream();
        var refusal = await Assert.ThrowsAsync<RunnerException>(() => stream.CopyToAsync(target, Cancel));
        var untouched = new byte[64];
        Assert.Equal(refusal.Message, (await Assert.ThrowsAsync<RunnerException>(async () => _ = await stream.ReadAsync(untouched, Cancel))).Message);
        Assert.Equal(new byte[64], untouched);
        Assert.Equal(ExitCode.Integrity, refusal.ExitCode);
        Assert.NotNull(refusal.Hint);
        return (refusal, target.ToArray());
    }

    /// <summary>The arrays of the secrets that something has in its own fields.</summary>
    public static IReadOnlyList<byte[]> SecretsOf(object owner)
    {
        var secrets = new List<byte[]>();
        for (var type = owner.GetType(); type is not null; type = type.BaseType)
            secrets.AddRange(type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.DeclaredOnly).Select(field => field.GetValue(owner)).OfType<SecretBytes>().Select(secret => secret.Array));
        return secrets;
    }

    public static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    public static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
