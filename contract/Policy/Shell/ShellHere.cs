namespace BackupRunner.Policy.Shell;

/// <summary>What a command reads by <c>&lt;&lt;</c>; its text comes only after the line that asks for it.</summary>
sealed class ShellHere
{
    public string? Text { get; set; }
}
