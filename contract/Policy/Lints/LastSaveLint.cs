using BackupRunner.Policy.Shell;

namespace BackupRunner.Policy.Lints;

/// <summary>A comparison both of whose sides call Redis' LASTSAVE, of one server, at that moment.</summary>
static class LastSaveLint
{
    public static bool Fires(IEnumerable<ShellCommand> commands) => commands.Any(command =>
    {
        var test = command.Invocation;
        return test.Program switch
        {
            "[" or "[[" or "test" => Compares(test.Arguments),
            "((" => test.Arguments.SelectMany(Calls).GroupBy(call => call).Any(calls => calls.Count() > 1),
            _ => false,
        };
    });

    static bool Compares(IReadOnlyList<ShellWord> words) => Enumerable.Range(1, Math.Max(0, words.Count - 2)).Any(i =>
        IsComparison(words[i].Text) && Calls(words[i - 1]).Intersect(Calls(words[i + 1])).Any());

    static bool IsComparison(string word) => word is "-eq" or "-ne" or "-gt" or "-ge" or "-lt" or "-le" or "=" or "==" or "!=" or "<" or ">";

    // Each call by the options that say which server: two servers may well be compared.
    static IEnumerable<string> Calls(ShellWord word) =>
        from script in word.Substitutions
        from command in script.All()
        where command.Words.Any(argument => argument.Text.Equals("LASTSAVE", StringComparison.OrdinalIgnoreCase))
        select Server(command);

    static string Server(ShellCommand command) => string.Join(' ', command.Words
        .Where((argument, i) => argument.Text is "-h" or "-p" or "-s" or "-u" || (i > 0 && command.Words[i - 1].Text is "-h" or "-p" or "-s" or "-u"))
        .Select(argument => argument.Text));
}
