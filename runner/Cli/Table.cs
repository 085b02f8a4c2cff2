namespace BackupRunner.Cli;

/// <summary>Columns that line up, as kubectl prints them.</summary>
public static class Table
{
    const int Gap = 3;

    public static void Write(TextWriter to, IReadOnlyList<string> header, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var widths = header.Select((title, column) => rows.Select(row => row[column].Length).Append(title.Length).Max() + Gap).ToList();
        foreach (var row in rows.Prepend(header))
            to.WriteLine(string.Concat(row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }
}
