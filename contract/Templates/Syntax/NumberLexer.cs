using System.Globalization;

namespace BackupRunner.Templates.Syntax;

/// <summary>Numbers, as Scriban's language reference (3.2): <c>100</c>, <c>1e3</c>, <c>2.5</c>, <c>1.0e-3</c>; no hexadecimal, no suffixes.</summary>
static class NumberLexer
{
    /// <summary>Reads the number at the cursor without moving it: a <see cref="long"/> or, with a fraction, a <see cref="double"/>.</summary>
    public static (int Length, object? Value) Read(Cursor cursor, FaultList faults)
    {
        var length = Digits(cursor, 0);
        var fraction = cursor.Peek(length) == '.' && char.IsAsciiDigit(cursor.Peek(length + 1));
        if (fraction)
            length = Digits(cursor, length + 1);
        if (cursor.Peek(length) is 'e' or 'E')
        {
            var exponent = length + (cursor.Peek(length + 1) is '+' or '-' ? 2 : 1);
            length = char.IsAsciiDigit(cursor.Peek(exponent)) ? Digits(cursor, exponent) : length;
        }
        var whole = length;
        while (char.IsAsciiLetterOrDigit(cursor.Peek(length)) || cursor.Peek(length) == '_')
            length++;
        var text = cursor.Text.Substring(cursor.Offset, length);
        if (length > whole)
            faults.Add(cursor.At.Fault(text, $"\"{text}\" is not a number of the form 42, 1e3, 2.5 or 1.0e-3"));
        else if (fraction && double.TryParse(text, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real))
            return (length, real);
        else if (!fraction && long.TryParse(text, NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number))
            return (length, number);
        else
            faults.Add(cursor.At.Fault(text, $"the number \"{text}\" is out of range"));
        return (length, 0L);
    }

    static int Digits(Cursor cursor, int from)
    {
        while (char.IsAsciiDigit(cursor.Peek(from)))
            from++;
        return from;
    }
}
