using BackupRunner.Posix;

namespace BackupRunner.Archive;

/// <summary>
/// Something that happened to some entries and does not make the archive wrong: "file changed as we read it", "socket ignored".
/// </summary>
/// <param name="Kind">What happened, in tar's words where they are tar's.</param>
/// <param name="Count">How often.</param>
/// <param name="Names">The first <see cref="MaximumNames"/> names, as <see cref="ByteName.Show"/> writes them.</param>
public sealed record ArchiveWarning(string Kind, long Count, IReadOnlyList<string> Names)
{
    public const int MaximumNames = 100;

    const int Told = 10;

    /// <summary>One line that names the first few of them.</summary>
    public override string ToString()
    {
        var names = string.Join(", ", Names.Take(Told).Select(name => $"\"{name}\""));
        var more = Count - Math.Min(Told, Names.Count);
        return $"{Kind}: {names}{(more > 0 ? $" and {more} more" : "")}";
    }
}
