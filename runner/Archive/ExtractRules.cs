using BackupRunner.Posix;
using BackupRunner.Reports;

namespace BackupRunner.Archive;

/// <summary>
/// What may be extracted from an archive that anybody may have made: nothing that leaves the target, nothing through a symbolic link, no
/// device nodes.
/// Where a symbolic link points is data and not looked at.
/// </summary>
public sealed class ExtractRules : ITarRules
{
    // Beyond it GNU tar's own defence remains: it makes symbolic links that are absolute or contain ".." only at the very end.
    const int MaximumSymbolicLinks = 1_000_000;

    /// <summary>Top-level names that belong to the volume, not to its data.</summary>
    public static IReadOnlyList<string> Reserved { get; } = ["lost+found", ".backup-restore"];

    static readonly byte[][] reserved = [.. Reserved.Select(System.Text.Encoding.ASCII.GetBytes)];

    readonly PathSet symbolicLinks = new(MaximumSymbolicLinks);

    // GNU tar ignores what follows the end mark, whatever it is.
    public TarVerdict AfterEnd => TarVerdict.Drop;

    public bool Allows(TarEntry entry, WarningList warnings)
    {
        TarPath.RequireUsableLength(entry);
        var path = Checked(entry, entry.Name, "");
        if (path.Length == 0 && entry.Kind != TarEntryKind.Directory)
            throw Hostile(entry, "takes the place of the root directory");
        if (entry.Kind == TarEntryKind.Device)
            throw Hostile(entry, "is a device node");
        if (entry.Link.AsSpan().Contains((byte)0))
            throw Hostile(entry, "is a link whose target contains a NUL byte");
        if (entry.Kind == TarEntryKind.SymbolicLink && entry.Link.Length == 0)
            throw Hostile(entry, "is a symbolic link to nowhere");
        var target = entry.Kind == TarEntryKind.HardLink ? Checked(entry, entry.Link, "is a hard link whose target ") : null;
        if (IsReserved(path))
        {
            warnings.Add($"left out, it belongs to the volume and not to its data", entry.ShownName);
            return false;
        }
        if (target is not null && (target.Length == 0 || IsReserved(target)))
            throw Hostile(entry, $"is a hard link to \"{ByteName.Show(entry.Link)}\", which is not extracted");
        if (entry.HasTextAcl)
            warnings.Add("access control list in text form not restored", entry.ShownName);
        Remember(entry, path, target);
        return true;
    }

    byte[] Checked(TarEntry entry, byte[] name, string role)
    {
        if (TarPath.Escape(name) is { } problem)
            throw Hostile(entry, role + problem);
        var path = TarPath.Normalize(name);
        if (symbolicLinks.ContainsParentOf(path))
            throw Hostile(entry, role + "leads through a symbolic link of this archive");
        return path;
    }

    // For good: a directory that comes later in the link's place is for GNU tar sometimes a directory and sometimes an error.
    void Remember(TarEntry entry, byte[] path, byte[]? target)
    {
        if (entry.Kind == TarEntryKind.SymbolicLink || (target is not null && symbolicLinks.Contains(target)))
            symbolicLinks.Add(path);
    }

    static bool IsReserved(byte[] path)
    {
        var first = TarPath.FirstComponent(path);
        foreach (var name in reserved)
        {
            if (first.SequenceEqual(name))
                return true;
        }
        return false;
    }

    static RunnerException Hostile(TarEntry entry, string what) => new(
        ExitCode.Integrity,
        $"the archive holds \"{entry.ShownName}\", which {what}",
        "this archive was not made by backup-runner, or was altered; nothing of it is restored");
}
