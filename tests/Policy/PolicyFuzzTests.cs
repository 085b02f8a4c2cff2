using BackupRunner.Policy;

namespace BackupRunner.Tests.Policy;

/// <summary>Whatever the text: a policy or a <see cref="PolicyException"/>, soon.</summary>
public sealed class PolicyFuzzTests
{
    static readonly string[] Tokens =
    [
        ": ", "\n", "\n  ", "\n    ", "- ", "? ", "{", "}", "[", "]", ", ", "'", "\"", "|", ">", "|2-\n", "#", "&a ", "*a", "!t ", "!!str ", "%YAML 1.2\n", "---\n", "...\n",
        "\\", "\\x", "\\u12", "\\U0010FFFF", "\t", "\r", "\u0085", "\u2028", "\0", "\ud800", "😀", "é", "~", "null", "true", "yes", "0x", "0o9", "1e9", ".inf", "-",
        "backup:", "storage:", "provider: ", "s3", "retention:", "keepCount: ", "7", "cron: ", "0 2 * * *", "30d", "<<: ", "values:", "encryption:", "%TAG ! x\n", "@", "`",
    ];

    [Fact]
    public void A_hundred_thousand_documents_are_a_policy_or_problems()
    {
        var random = new Random(20261122);
        var documents = DataFile.Names().Select(name => DataFile.Read(name)).ToArray();
        var (valid, refused) = (0, 0);
        for (var i = 0; i < 100_000; i++)
        {
            var text = i % 2 == 0
                ? Mutated(documents[random.Next(documents.Length)], random)
                : string.Concat(Enumerable.Range(0, random.Next(25)).Select(_ => Tokens[random.Next(Tokens.Length)]));
            if (Parses(text))
                valid++;
            else
                refused++;
        }
        // Both ways are walked: neither a parser that takes nothing nor one that takes everything passes.
        Assert.True(valid > 2_000 && refused > 50_000, $"{valid} valid, {refused} refused");
    }

    [Fact]
    public void Documents_made_to_be_slow_are_not()
    {
        const int Length = 300_000;
        string[] units = [.. Tokens, "a: ", "a:\n ", "- - ", "[a,", "[[", "{a: ", "[a]: ", "? ", "? a\n", "a\n", "\"a\" ", "'a'\n", "\\\n", "#\n", "  ", " \n", "k: v\n", "&a [*a,", "|\n a\n"];
        foreach (var unit in units)
        {
            var many = string.Concat(Enumerable.Repeat(unit, Length / unit.Length));
            foreach (var text in (string[])[many, "values: {a: [" + many, "values:\n  a: \"" + many, "values:\n  a: |\n    " + many, "commands:\n  backup: " + many])
                Parses(text);
        }
        Parses("values: [" + string.Concat(Enumerable.Range(0, Length / 10).Select(i => $"{{k{i}: v}},")) + "]");
        Parses("values:\n" + string.Concat(Enumerable.Range(0, Length / 10).Select(i => $"  k{i}: v\n")));
        Parses("values: [" + string.Concat(Enumerable.Repeat("a, ", Length / 3)) + "a]");
        Parses(string.Concat(Enumerable.Range(0, 5_000).Select(i => new string(' ', i % 60) + "a:\n")));
    }

    static bool Parses(string text)
    {
        try
        {
            var (policy, marks) = PolicyDocument.Parse(text);
            PolicyCompleteness.Problems(policy, marks);
            PolicyLints.For(policy);
            foreach (var template in PolicyTemplates.Of(policy))
                Assert.NotNull(marks.Within(template.Path, 2, 3));
            return true;
        }
        catch (PolicyException refused)
        {
            Assert.NotEmpty(refused.Problems);
            Assert.All(refused.Problems, problem => Assert.True(problem.Message.Length > 0 && !problem.Message.Contains('\n'), problem.Message));
            return false;
        }
    }

    static string Mutated(string document, Random random)
    {
        var text = document;
        for (var i = random.Next(3); i >= 0; i--)
        {
            var at = random.Next(text.Length + 1);
            var length = Math.Min(random.Next(12), text.Length - at);
            text = random.Next(4) switch
            {
                0 => text.Remove(at, length),
                1 => text.Insert(at, Tokens[random.Next(Tokens.Length)]),
                2 => text.Insert(random.Next(text.Length + 1), text.Substring(at, length)),
                _ => text.Remove(at, length).Insert(at, ((char)random.Next(random.Next(2) == 0 ? 128 : 65_536)).ToString()),
            };
        }
        return text;
    }
}
