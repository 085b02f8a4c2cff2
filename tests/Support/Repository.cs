using System.Runtime.CompilerServices;

namespace BackupRunner.Tests.Support;

/// <summary>The files of this repository, as they are shipped.</summary>
public static class Repository
{
    public static string Root { get; } = Path.GetFullPath("../..", Folder());

    public static string PathOf(string name) => Path.Join(Root, name);

    static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
