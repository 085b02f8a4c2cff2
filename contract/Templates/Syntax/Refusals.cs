using BackupRunner.Templates.Functions;

namespace BackupRunner.Templates.Syntax;

/// <summary>What Scriban or Helm has and the subset has not: each is refused by its name, with what to write instead.</summary>
static class Refusals
{
    /// <summary>Statements, and whether they have a body that ends with <c>end</c>.</summary>
    static readonly Dictionary<string, bool> Statements = new()
    {
        ["while"] = true,
        ["func"] = true,
        ["capture"] = true,
        ["with"] = true,
        ["tablerow"] = true,
        ["case"] = true,
        ["wrap"] = true,
        ["when"] = false,
        ["import"] = false,
        ["ret"] = false,
        ["readonly"] = false,
        ["break"] = false,
        ["continue"] = false,
    };

    /// <summary>Statements of Helm that Scriban would take for function calls; all have bodies.</summary>
    static readonly Dictionary<string, string> HelmBlocks = new()
    {
        ["range"] = "write \"for x in xs\"",
        ["define"] = "write the text where it is used",
        ["block"] = "write the text where it is used",
    };

    static readonly Dictionary<string, string> Symbols = new()
    {
        ["?"] = "the conditional \"? :\" is not supported; write \"if\" and \"else\"",
        ["?!"] = "the operator \"?!\" is not supported; write \"if\"",
        [".."] = "the range \"..\" is not supported; write a list",
        ["..<"] = "the range \"..<\" is not supported; write a list",
        ["..."] = "\"...\" is not supported",
        ["<<"] = "the shift \"<<\" is not supported",
        [">>"] = "the shift \">>\" is not supported",
        ["++"] = "the increment \"++\" is not supported; write \"x = x + 1\"",
        ["--"] = "the decrement \"--\" is not supported; write \"x = x - 1\"",
        ["@"] = "the function alias \"@\" is not supported",
        ["^"] = "the expansion \"^\" is not supported",
        ["^^"] = "\"^^\" is not supported",
        ["&"] = "the operator \"&\" is not supported; write \"&&\"",
        ["|>"] = "the pipe \"|>\" is not supported; write \"|\"",
        ["{"] = "the object \"{ }\" is not supported; put it into Values",
        [":="] = "the assignment \":=\" is not supported; write \"=\"",
        ["/*"] = "the comment \"/* */\" is not supported; write \"#\"",
    };

    static readonly Dictionary<string, string> Names = new()
    {
        ["this"] = "the variable \"this\" is not supported; name what is meant",
        ["empty"] = "the variable \"empty\" is not supported; use \"array.size\" or \"string.empty\"",
        ["nil"] = "unknown variable \"nil\"; write \"null\"",
        ["do"] = "the anonymous function \"do\" is not supported",
        ["and"] = "unknown function \"and\"; write \"a && b\"",
        ["or"] = "unknown function \"or\"; write \"a || b\"",
        ["not"] = "unknown function \"not\"; write \"!a\"",
        ["eq"] = "unknown function \"eq\"; write \"a == b\"",
        ["ne"] = "unknown function \"ne\"; write \"a != b\"",
        ["lt"] = "unknown function \"lt\"; write \"a < b\"",
        ["le"] = "unknown function \"le\"; write \"a <= b\"",
        ["gt"] = "unknown function \"gt\"; write \"a > b\"",
        ["ge"] = "unknown function \"ge\"; write \"a >= b\"",
    };

    static readonly HashSet<string> Keywords = ["if", "else", "end", "for", "in", "true", "false", "null"];

    /// <summary>Namespaces of Scriban none of whose functions are in the subset.</summary>
    static readonly HashSet<string> OtherNamespaces = ["date", "html", "math", "regex", "timespan"];

    public static bool IsStatement(string name) => Statements.ContainsKey(name) || HelmBlocks.ContainsKey(name);

    public static bool HasBody(string name) => HelmBlocks.ContainsKey(name) || Statements.GetValueOrDefault(name);

    public static bool IsOtherNamespace(string name) => OtherNamespaces.Contains(name);

    public static bool CannotBeAssigned(string name) =>
        Keywords.Contains(name) || IsStatement(name) || Names.ContainsKey(name) || OtherNamespaces.Contains(name)
        || FunctionTable.IsNamespace(name) || FunctionTable.Find(name) is not null || Rendering.Scope.Roots.Contains(name);

    public static TemplateException Statement(Token token) => token.At.Throw(token.Text, HelmBlocks.TryGetValue(token.Text, out var instead)
        ? $"the statement \"{token.Text}\" is not supported; {instead}"
        : $"the statement \"{token.Text}\" is not supported");

    public static TemplateException NewMeaning(Token token, string what) =>
        token.At.Throw(token.Text, $"{what} cannot give \"{token.Text}\" a new meaning; choose another name");

    /// <summary>Of a token that the grammar has no place for.</summary>
    public static TemplateException Unexpected(Token token, string expected)
    {
        if (token.Kind == TokenKind.Invalid)
            return token.At.Throw((string)token.Value!, $"unexpected character \"{token.Value}\"");
        if (token.Kind == TokenKind.Symbol && Symbols.TryGetValue(token.Text, out var reason))
            return token.At.Throw(token.Text, reason);
        if (token.Kind == TokenKind.Symbol && token.Text.Length > 1 && token.Text.EndsWith('=') && token.Text is not ("==" or "!=" or "<=" or ">="))
            return token.At.Throw(token.Text, $"the assignment \"{token.Text}\" is not supported; write \"x = x {token.Text[..^1]} ...\"");
        if (token.Kind == TokenKind.Name && Name(token) is { } name)
            return name;
        return token.At.Throw(token.Text, $"expected {expected} instead of {token.Shown}");
    }

    /// <returns>Null for a name that may be a variable's.</returns>
    public static TemplateException? Name(Token token)
    {
        if (token.Text[0] == '$')
            return token.At.Throw(token.Text, $"the local variable \"{token.Text}\" is not supported; write it without \"$\"");
        if (Names.TryGetValue(token.Text, out var reason))
            return token.At.Throw(token.Text, reason);
        if (IsStatement(token.Text))
            return Statement(token);
        return Keywords.Contains(token.Text) ? token.At.Throw(token.Text, $"\"{token.Text}\" has no place here") : null;
    }
}
