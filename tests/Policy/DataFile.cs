using System.Runtime.CompilerServices;

namespace BackupRunner.Tests.Policy;

/// <summary>The documents under tests/Policy/data.</summary>
static class DataFile
{
    public static string Read(string name, [CallerFilePath] string here = "") => File.ReadAllText(Path.Combine(Folder(here), name));

    public static IEnumerable<string> Names([CallerFilePath] string here = "") =>
        Directory.EnumerateFiles(Folder(here), "*.yaml").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    static string Folder(string here) => Path.Combine(Path.GetDirectoryName(here)!, "data");
}
