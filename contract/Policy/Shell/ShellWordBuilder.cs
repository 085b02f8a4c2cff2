using System.Text;

namespace BackupRunner.Policy.Shell;

/// <summary>Puts a word together from its parts.</summary>
sealed class ShellWordBuilder
{
    readonly StringBuilder text = new();
    readonly StringBuilder pattern = new();
    readonly List<ShellScript> substitutions = [];

    public void Add(ReadOnlySpan<char> part, bool quoted)
    {
        text.Append(part);
        foreach (var c in part)
        {
            if (quoted && c is '*' or '?' or '[' or '\\')
                pattern.Append('\\');
            pattern.Append(c);
        }
    }

    public void Add(ShellScript substitution) => substitutions.Add(substitution);

    public ShellWord Finished() => new(text.ToString(), pattern.ToString(), substitutions);
}
