using System.Globalization;

namespace BackupRunner.Policy.Yaml;

/// <summary>
/// What a scalar means: YAML 1.2's core schema (10.3.2), except that what YAML 1.1, and so kubectl, reads otherwise is not guessed at.
/// </summary>
static class YamlValue
{
    /// <summary>Whether the scalar is null, which means that the key is not set.</summary>
    public static bool IsNull(YamlNode node) => node is YamlScalar { Plain: true, Text: "" or "~" or "null" or "Null" or "NULL" };

    public static bool? Boolean(YamlScalar scalar) => scalar switch
    {
        { Plain: true, Text: "true" or "True" or "TRUE" } => true,
        { Plain: true, Text: "false" or "False" or "FALSE" } => false,
        _ => null,
    };

    /// <summary>Whether YAML 1.1 reads the scalar as a boolean where YAML 1.2 reads a text.</summary>
    public static bool IsOldBoolean(YamlScalar scalar) => scalar.Plain && scalar.Text is "yes" or "Yes" or "YES" or "no" or "No" or "NO"
        or "on" or "On" or "ON" or "off" or "Off" or "OFF";

    /// <summary>Whether the scalar is a whole number, of any size.</summary>
    public static bool IsWhole(YamlScalar scalar) => scalar.Plain && (Digits(scalar.Text, out var digits, out var radix)
        && digits.Length > 0 && digits.ToString().All(digit => radix switch
        {
            8 => digit is >= '0' and <= '7',
            16 => char.IsAsciiHexDigit(digit),
            _ => char.IsAsciiDigit(digit),
        }));

    /// <summary>Whether YAML 1.1 reads the whole number as octal: it begins with a zero.</summary>
    public static bool IsOldOctal(YamlScalar scalar) =>
        Digits(scalar.Text, out var digits, out var radix) && radix == 10 && digits.Length > 1 && digits[0] == '0';

    /// <returns>Null when the whole number does not fit.</returns>
    public static long? Whole(YamlScalar scalar)
    {
        Digits(scalar.Text, out var digits, out var radix);
        if (radix == 10)
            return long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;
        digits = digits.TrimStart('0');
        if (digits.Length > 21)
            return null;
        Int128 sum = 0;
        foreach (var digit in digits)
            sum = (sum * radix) + Convert.ToInt32(digit.ToString(), 16);
        return sum <= long.MaxValue ? (long)sum : null;
    }

    /// <returns>Null when the scalar is no number with a fraction or an exponent; infinite when it does not fit.</returns>
    public static double? Real(YamlScalar scalar)
    {
        var text = scalar.Text.AsSpan().TrimStart("+-");
        var numeric = scalar.Plain && scalar.Text.Length - text.Length <= 1 && text.Length > 0
            && (char.IsAsciiDigit(text[0]) || (text.Length > 1 && text[0] == '.' && char.IsAsciiDigit(text[1])));
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (numeric && double.TryParse(scalar.Text, Style, CultureInfo.InvariantCulture, out var value))
            return value;
        return scalar.Plain && text is ".inf" or ".Inf" or ".INF" or ".nan" or ".NaN" or ".NAN" ? double.PositiveInfinity : null;
    }

    /// <summary>What kind of value it is, for "expected a mapping, not ...".</summary>
    public static string Kind(YamlNode node) => node switch
    {
        YamlMapping => "a mapping",
        YamlSequence => "a list",
        YamlScalar scalar when IsNull(scalar) => "null",
        YamlScalar scalar when Boolean(scalar) is not null => "a boolean",
        YamlScalar scalar when IsWhole(scalar) || Real(scalar) is not null => "a number",
        _ => "a text",
    };

    // The digits without sign and 0o or 0x. Core schema: only decimal numbers have a sign.
    static bool Digits(string text, out ReadOnlySpan<char> digits, out int radix)
    {
        digits = text;
        radix = text.StartsWith("0x", StringComparison.Ordinal) ? 16 : text.StartsWith("0o", StringComparison.Ordinal) ? 8 : 10;
        if (radix != 10)
            digits = digits[2..];
        else if (text.Length > 0 && text[0] is '+' or '-')
            digits = digits[1..];
        return digits.Length > 0;
    }
}
