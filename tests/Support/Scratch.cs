namespace BackupRunner.Tests.Support;

/// <summary>A folder of one test, removed with it.</summary>
public sealed class Scratch : IDisposable
{
    public Scratch(string? parent = null) =>
        Path = Directory.CreateDirectory(System.IO.Path.Combine(parent ?? System.IO.Path.GetTempPath(), "br-" + Guid.NewGuid().ToString("n")[..12])).FullName;

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Creates the folder <paramref name="name"/> and returns its path.</summary>
    public string Folder(string name) => Directory.CreateDirectory(this[name]).FullName;

    /// <summary>Writes a text file, with the folders above it, and returns its path.</summary>
    public string File(string name, string content = "")
    {
        var path = this[name];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    // rm, because it removes names that are not UTF-8, which .NET cannot spell.
    public void Dispose() => Shell.Run("rm", "-rf", "--one-file-system", Path);
}
