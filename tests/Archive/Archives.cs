using BackupRunner.Archive;
using BackupRunner.Policy;

namespace BackupRunner.Tests.Archive;

/// <summary>Packs and unpacks whole files, with the parameters that do not matter to a test.</summary>
static class Archives
{
    const int Workers = 2;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<PackResult> Pack(string directory, string file, params string[] exclude)
    {
        await using var target = File.Create(file);
        await using var gzip = new GzipMembersStream(target, 6, Workers);
        var result = await Packer.Pack(directory, exclude, gzip, null, Cancel);
        await gzip.Complete(Cancel);
        return result;
    }

    public static async Task<UnpackResult> Unpack(string file, string directory, NumericOwner? owner = null)
    {
        await using var source = File.OpenRead(file);
        return await Unpacker.Unpack(source, directory, owner, Workers, null, Cancel);
    }

    public static async Task<UnpackResult> Check(string file)
    {
        await using var source = File.OpenRead(file);
        return await ArchiveCheck.Check(source, Workers, null, Cancel);
    }

    public static async Task<byte[]> Gzip(byte[] data, int level = 6)
    {
        var target = new MemoryStream();
        await using var gzip = new GzipMembersStream(target, level, Workers);
        await gzip.WriteAsync(data, Cancel);
        await gzip.Complete(Cancel);
        return target.ToArray();
    }

    public static async Task<byte[]> Gunzip(byte[] data)
    {
        var target = new MemoryStream();
        await GzipReader.CopyTo(new MemoryStream(data), target, Workers, Cancel);
        return target.ToArray();
    }

    public static string Show(ArchiveWarning warning) => $"{warning.Kind} x{warning.Count}: {string.Join(' ', warning.Names)}";
}
