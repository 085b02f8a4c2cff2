using System.Globalization;
using BackupRunner.Policy.Yaml;

namespace BackupRunner.Policy.Reading;

/// <summary>What is wrong with a single value, or null.</summary>
static class PolicyText
{
    /// <summary>Where a text is expected.</summary>
    public static string? Problem(YamlScalar scalar)
    {
        if (YamlValue.Kind(scalar) is "a number" or "a boolean")
            return $"{scalar.Text} is {YamlValue.Kind(scalar)} where a text is expected; put it in quotes";
        if (string.IsNullOrWhiteSpace(scalar.Text))
            return "is empty";
        return scalar.Text.Contains('\0') ? "holds a NUL character" : null;
    }

    /// <summary>Where a whole number is expected.</summary>
    public static string? NumberProblem(YamlScalar scalar, int least, int most)
    {
        var quoted = Quoted.Of(scalar.Text);
        if (!scalar.Plain && YamlValue.IsWhole(scalar with { Plain = true }))
            return $"{quoted} is a text; remove the quotes";
        if (!YamlValue.IsWhole(scalar))
            return YamlValue.Real(scalar) is null ? $"{quoted} is not a number" : $"{quoted} is not a whole number";
        if (YamlValue.IsOldOctal(scalar))
            return $"{quoted} begins with a zero, which some readers take for octal; remove it";
        return YamlValue.Whole(scalar) is { } value && value >= least && value <= most ? null
            : most == int.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"{quoted} is not a number from {least} up")
            : string.Create(CultureInfo.InvariantCulture, $"{quoted} is not a number from {least} to {most}");
    }

    /// <summary>For names and addresses: no white space, no control characters.</summary>
    public static (string? Value, string? Problem) Word(string text) =>
        text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)) ? (null, $"{Quoted.Of(text)} holds white space or a control character") : (text, null);
}
