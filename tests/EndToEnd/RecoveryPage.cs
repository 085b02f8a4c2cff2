using System.Text.RegularExpressions;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>A fenced block of docs/RECOVERY.md; the info string is <c>bash LABEL</c>.</summary>
sealed record PageBlock(string Label, string Text);

/// <summary>The commands of docs/RECOVERY.md, run as they are printed.</summary>
static partial class RecoveryPage
{
    // A shell of the page's own: what it leaves in /dev/shm, or running, is seen at its end. "cat |", because whoever reads the page types: nothing can be read twice.
    const string Typed = """
        mount -t tmpfs -o size=64m tmpfs /dev/shm || exit
        status=0
        cat "$1" | PATH=$2:/usr/bin:/bin bash --noprofile --norc || status=$?
        ls -A /dev/shm | sed 's/^/LEFT: /'
        ps -A -o comm= | grep -vxE 'bash|ps|grep|sed' | sed 's/^/LEFT: /'
        exit $status
        """;

    public static IReadOnlyList<PageBlock> Blocks { get; } = Parse(File.ReadAllLines(Repository.PathOf("docs/RECOVERY.md")));

    /// <summary>The Python program of the page.</summary>
    public static string GcmScript => HereDocument().Match(Blocks.Single(block => block.Label == "aes256-gcm").Text).Groups["script"].Value;

    /// <summary>Which blocks somebody runs who has this.</summary>
    /// <param name="algorithm">As the manifest names it.</param>
    /// <param name="form">Of the key: <c>recovery</c>, <c>Secret</c>, or a file.</param>
    public static List<string> Steps(string algorithm, string form, bool atOnce)
    {
        List<string> steps = ["shell", "settings", "list", "begin", "copied", "identity", "archive", algorithm, "end"];
        steps.AddRange(atOnce ? ["unpack-at-once"] : ["decrypt", "unpack"]);
        steps.AddRange((algorithm, form) switch
        {
            ("none", _) => ["plain-manifest"],
            (_, "recovery") => ["recovery-key", "manifest"],
            (_, "Secret") => ["secret", "ring-key", "manifest"],
            _ => ["ring-key", "manifest"],
        });
        return steps;
    }

    /// <summary>Types the blocks with these labels into a shell, in the order of the page.</summary>
    /// <param name="settings">In place of the values that the page shows.</param>
    /// <param name="tools">A folder with programs that are found first.</param>
    public static ShellResult Run(Scratch scratch, IReadOnlyCollection<string> labels, IReadOnlyDictionary<string, string> settings, string tools)
    {
        Assert.Subset(Blocks.Select(block => block.Label).ToHashSet(), labels.ToHashSet());
        // The one that the system's package of "cryptography" is for, whatever else is in PATH.
        var python = Path.Join(tools, "python3");
        if (!File.Exists(python))
            File.CreateSymbolicLink(python, "/usr/bin/python3");
        var typed = string.Concat(Blocks.Where(block => labels.Contains(block.Label)).Select(block => block.Label == "settings" ? Fill(block.Text, settings) : block.Text));
        return Shell.Try(
            "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c", Typed, "bash", scratch.File("typed", typed), tools);
    }

    static string Fill(string text, IReadOnlyDictionary<string, string> settings) => Setting().Replace(text, line =>
    {
        var value = settings[line.Groups["name"].Value];
        Assert.DoesNotContain('\'', value);
        return $"{line.Groups["name"].Value}='{value}'";
    });

    static List<PageBlock> Parse(IEnumerable<string> lines)
    {
        var blocks = new List<PageBlock>();
        string? label = null;
        var text = "";
        foreach (var line in lines)
        {
            if (label is null && Fence().Match(line) is { Success: true } fence)
            {
                (label, text) = (fence.Groups["label"].Value, "");
            }
            else if (label is null)
            {
                Assert.False(line.Contains("```", StringComparison.Ordinal) || line.StartsWith("    ", StringComparison.Ordinal), $"a block without a label: {line}");
            }
            else if (line == "```")
            {
                blocks.Add(new PageBlock(label, text));
                label = null;
            }
            else
            {
                text += line + "\n";
            }
        }
        Assert.Null(label);
        return blocks;
    }

    [GeneratedRegex("^```bash (?<label>[a-z0-9-]+)$")]
    private static partial Regex Fence();

    [GeneratedRegex("^(?<name>[a-z_]+)='[^']*'$", RegexOptions.Multiline)]
    private static partial Regex Setting();

    [GeneratedRegex("<<'PYTHON'\n(?<script>.*\n)PYTHON\n", RegexOptions.Singleline)]
    private static partial Regex HereDocument();
}
