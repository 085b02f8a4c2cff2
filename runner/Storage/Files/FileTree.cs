using System.Security.Cryptography;
using BackupRunner.Posix;

namespace BackupRunner.Storage.Files;

/// <summary>The folders and files that a <see cref="FileObjectStore"/> keeps its objects in: names, the ordered walk, durable changes.</summary>
sealed class FileTree(string root)
{
    const string PartialSuffix = ".partial";
    const int RandomLength = 12;

    /// <exception cref="ArgumentException">The key would leave the root or name a partial file: a bug of the caller.</exception>
    public string PathOf(string key, bool partial = false)
    {
        var segments = key.Split('/');
        if (Array.Exists(segments, segment => segment is "" or "." or ".." || segment.Contains('\0')) || IsPartial(segments[^1]) != partial)
            throw new ArgumentException($"\"{key}\" is no key of a file store", nameof(key));
        return Path.Join(root, key);
    }

    public static bool IsPartial(string name) =>
        name.StartsWith('.') && name.EndsWith(PartialSuffix, StringComparison.Ordinal) && name.Length > RandomLength + PartialSuffix.Length + 2;

    public static string? TargetOfPartial(string key)
    {
        var slash = key.LastIndexOf('/');
        var name = key[(slash + 1)..];
        return IsPartial(name) ? key[..(slash + 1)] + name[1..^(RandomLength + PartialSuffix.Length + 1)] : null;
    }

    public static string PartialOf(string path) => Path.Join(
        Path.GetDirectoryName(path), $".{Path.GetFileName(path)}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomLength / 2))}{PartialSuffix}");

    /// <summary>
    /// All files whose key starts with <paramref name="prefix"/> and comes after <paramref name="after"/>, in the order of their keys;
    /// one folder's names are in memory at a time.
    /// </summary>
    public IEnumerable<(string Key, FileInfo File)> Walk(string prefix, string after) => Walk(new DirectoryInfo(root), "", prefix, after);

    static IEnumerable<(string Key, FileInfo File)> Walk(DirectoryInfo folder, string above, string prefix, string after)
    {
        var entries = new List<(string Key, FileSystemInfo Entry)>();
        foreach (var entry in Entries(folder))
        {
            var key = above + entry.Name + (entry is DirectoryInfo ? "/" : "");
            var wanted = key.StartsWith(prefix, StringComparison.Ordinal) || (entry is DirectoryInfo && prefix.StartsWith(key, StringComparison.Ordinal));
            // What is in a folder comes after its own key: the one that "after" is in has to be looked into.
            var passed = string.CompareOrdinal(key, after) <= 0 && !(entry is DirectoryInfo && after.StartsWith(key, StringComparison.Ordinal));
            if (wanted && !passed && !(entry is DirectoryInfo && entry.LinkTarget is not null))
                entries.Add((key, entry));
        }
        entries.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        foreach (var (key, entry) in entries)
        {
            if (entry is FileInfo file)
            {
                yield return (key, file);
                continue;
            }
            foreach (var below in Walk((DirectoryInfo)entry, key, prefix, after))
                yield return below;
        }
    }

    /// <summary>A folder that another run removed in the meantime, empty by then, holds nothing.</summary>
    static FileSystemInfo[] Entries(DirectoryInfo folder)
    {
        try
        {
            return folder.GetFileSystemInfos();
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Creates the folders of <paramref name="path"/>, each made durable in the one above it.</summary>
    public static void CreateFolderOf(string path)
    {
        var missing = new Stack<string>();
        for (var folder = Path.GetDirectoryName(path)!; !Directory.Exists(folder); folder = Path.GetDirectoryName(folder)!)
            missing.Push(folder);
        foreach (var folder in missing)
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            DirectorySync.Flush(Path.GetDirectoryName(folder)!);
        }
    }

    /// <returns>False when there was no such file.</returns>
    public bool Delete(string path)
    {
        if (!File.Exists(path))
            return false;
        File.Delete(path);
        try
        {
            DirectorySync.Flush(Path.GetDirectoryName(path)!);
        }
        catch (IOException gone) when (gone.HResult == DirectorySync.NoEntry)
        {
            // Another run removed the folder that this one has emptied.
        }
        RemoveEmptyFoldersAbove(path);
        return true;
    }

    /// <summary>A folder below the root that holds nothing any more goes; one that is not empty, or that another run has removed, stops the walk.</summary>
    public void RemoveEmptyFoldersAbove(string path)
    {
        for (var folder = Path.GetDirectoryName(path)!; folder.Length > root.TrimEnd('/').Length; folder = Path.GetDirectoryName(folder)!)
        {
            if (!DirectorySync.RemoveIfEmpty(folder))
                return;
        }
    }
}
