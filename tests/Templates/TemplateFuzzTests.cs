using System.Diagnostics;
using System.Text;
using BackupRunner.Templates;

namespace BackupRunner.Tests.Templates;

/// <summary>Seeded, so that a failure can be run again.</summary>
public sealed class TemplateFuzzTests
{
    const int Inputs = 100_000;

    /// <summary>Far above what an input takes, below what a person would notice; a busy machine is allowed for.</summary>
    static readonly TimeSpan Slow = TimeSpan.FromSeconds(2);

    static readonly string[] Pieces =
    [
        "{{", "}}", "{{-", "-}}", "{{~", "~}}", "{%{", "}%}", "{%%{", " ", "\n", "\r\n", ";", "#", "##", "if", "else", "else if", "end", "for", "in", "x", "y",
        "for.index", "Values", ".Values", "Values.port", "Values.databases", ".Values.dataPath", "Values.typo", "Backup.id", "Workload.kind", ".", "?.", "[", "]", "(",
        ")", ",", ":", "|", "+", "-", "*", "/", "//", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "??", "!", "=", "1", "0", "2.5", "1e3", "-1", "\"a\"", "'b'", "`c`",
        "\"", "'", "`", "\\", "true", "false", "null", "while", "func", "case", "when", "{", "}", "..", "?", "@", "$x", "é", "\ud83d", "\0", "9223372036854775807",
        "quote", "default", "length:", "text:",
    ];

    [Fact]
    public void Only_ever_refuses_with_its_own_exception_and_is_never_slow()
    {
        var random = new Random(20261122);
        var seeds = TemplateCase.All().Select(entry => entry.Template).ToArray();
        var pieces = Pieces.Concat(CommandTemplate.Functions.Select(signature => signature.Split(' ')[0])).ToArray();
        var rendered = 0;
        for (var i = 0; i < Inputs; i++)
        {
            var text = i % 3 == 0 ? Soup(random, pieces) : Mutated(random, seeds, pieces);
            var watch = Stopwatch.StartNew();
            try
            {
                rendered += Run(text) ? 1 : 0;
                // Slow is what is slow twice; once, the machine may have been.
                if (watch.Elapsed >= Slow)
                {
                    watch.Restart();
                    Run(text);
                }
            }
            catch (Exception unexpected) when (unexpected is not TemplateException)
            {
                Assert.Fail($"input {i}, {Convert.ToBase64String(Encoding.Unicode.GetBytes(text))}: {unexpected}");
            }
            Assert.True(watch.Elapsed < Slow, $"input {i} took {watch.Elapsed}: {text}");
        }
        // Otherwise the inputs test the parser's refusals only.
        Assert.True(rendered > Inputs / 20, $"only {rendered} inputs rendered");
    }

    /// <returns>Whether it rendered.</returns>
    static bool Run(string text)
    {
        CommandTemplate template;
        try
        {
            template = CommandTemplate.Parse(text);
        }
        catch (TemplateException refused)
        {
            AssertPlaced(refused.Faults, text);
            return false;
        }
        var faults = template.Check(SampleModel.Model);
        AssertPlaced(faults, text);
        if (faults.Count > 0)
            return false;
        // What the check has found good must render.
        template.Render(SampleModel.Model);
        return true;
    }

    static void AssertPlaced(IReadOnlyList<TemplateFault> faults, string text)
    {
        var lines = 1 + text.Count(c => c is '\n' or '\r');
        Assert.All(faults, fault => Assert.True(fault.Line >= 1 && fault.Line <= lines && fault.Column >= 1 && fault.Column <= text.Length + 1, fault.ToString()));
    }

    static string Soup(Random random, string[] pieces)
    {
        var soup = new StringBuilder("{{ ");
        for (var length = random.Next(1, 30); length > 0; length--)
        {
            soup.Append(pieces[random.Next(pieces.Length)]);
            if (random.Next(3) > 0)
                soup.Append(' ');
        }
        return soup.Append(random.Next(4) == 0 ? "" : " }}").ToString();
    }

    static string Mutated(Random random, string[] seeds, string[] pieces)
    {
        var text = new StringBuilder(seeds[random.Next(seeds.Length)]);
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(text.Length + 1);
            var length = Math.Min(random.Next(1, 8), text.Length - at);
            switch (random.Next(5))
            {
                case 0:
                    text.Remove(at, length);
                    break;
                case 1:
                    text.Insert(at, pieces[random.Next(pieces.Length)]);
                    break;
                case 2:
                    text.Insert(at, text.ToString(at, length));
                    break;
                case 3 when length > 0:
                    text[at] = (char)random.Next(random.Next(2) == 0 ? 128 : 65536);
                    break;
                default:
                    text.Append(seeds[random.Next(seeds.Length)]);
                    break;
            }
        }
        return text.ToString();
    }
}
