namespace BackupRunner.Templates.Rendering;

/// <summary>The kinds of values: what they are called in messages, and how a model's are told apart.</summary>
static class Kinds
{
    /// <summary>Never the value itself, which may be a secret.</summary>
    public static string Of(object? value) => value switch
    {
        null => "null",
        string => "text",
        long => "a whole number",
        double => "a number",
        bool => "a truth value",
        IReadOnlyList<object?> => "a list",
        _ => "a map",
    };

    /// <summary>Only null and false are not true (Scriban 9.3).</summary>
    public static bool IsTrue(object? value) => value is not (null or false);

    /// <summary>A value of the caller's model as one of the kinds that templates know.</summary>
    /// <exception cref="ArgumentException">The model holds something else, which is the caller's mistake.</exception>
    public static object? FromModel(object? value) => value switch
    {
        null or string or long or double or bool or IReadOnlyList<object?> or IReadOnlyDictionary<string, object?> => value,
        int number => (long)number,
        _ => throw new ArgumentException($"a template model cannot hold a {value.GetType()}"),
    };
}
