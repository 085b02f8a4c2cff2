using System.Globalization;
using System.Text;
using BackupRunner.Templates.Syntax;

namespace BackupRunner.Templates.Rendering;

/// <summary>
/// The operators on values, as Scriban's language reference (8.4, 8.5): text wins over numbers, a real number over a whole one; any
/// arithmetic with null is null. What Scriban would promote to a big integer or print as infinity is a fault.
/// </summary>
sealed class Operators(WorkBudget budget)
{
    public static object? Unary(Unary node, object? operand) => (node.Operator, operand) switch
    {
        ("!", _) => !Kinds.IsTrue(operand),
        (_, null) => null,
        ("+", long or double) => operand,
        ("-", long.MinValue) => throw Overflow(node.At, node.Operator),
        ("-", long number) => -number,
        ("-", double number) => -number,
        _ => throw node.At.Throw(node.Operator, $"\"{node.Operator}\" wants a number, not {Kinds.Of(operand)}"),
    };

    /// <summary>All but <c>&amp;&amp;</c>, <c>||</c> and <c>??</c>, which do not always look at their right side.</summary>
    public object? Binary(Binary node, object? left, object? right)
    {
        if (left is string || right is string)
            return OnText(node, left, right);
        if (left is null || right is null)
            return OnNull(node.Operator, left, right);
        return (Number(left, right), Number(right, left)) switch
        {
            (long a, long b) => OnWhole(node, a, b),
            ({ } a, { } b) => OnReal(node, Convert.ToDouble(a, CultureInfo.InvariantCulture), Convert.ToDouble(b, CultureInfo.InvariantCulture)),
            _ when left is bool a && right is bool b && node.Operator is "==" or "!=" => a == b == (node.Operator == "=="),
            _ => throw Unsupported(node, left, right),
        };
    }

    /// <summary>A truth value beside a number counts as 0 or 1.</summary>
    static object? Number(object value, object other) => value switch
    {
        long or double => value,
        bool flag when other is long or double => flag ? 1L : 0L,
        _ => null,
    };

    static object? OnNull(string symbol, object? left, object? right) => symbol switch
    {
        "==" => left is null && right is null,
        "!=" => left is not null || right is not null,
        "<" or "<=" or ">" or ">=" => false,
        _ => null,
    };

    object? OnText(Binary node, object? left, object? right)
    {
        if (node.Operator == "*")
            return left is string ? Repeated(node, left, right) : Repeated(node, right, left);
        var (a, b) = (TemplateText.Of(left, budget, node.At) ?? "", TemplateText.Of(right, budget, node.At) ?? "");
        budget.Charge((long)a.Length + b.Length, node.At);
        if (node.Operator == "+")
        {
            budget.ChargeText((long)a.Length + b.Length, node.At);
            return a + b;
        }
        // Null is no text, not empty text.
        if (node.Operator is "==" or "!=" && (left is null || right is null))
            return node.Operator == "!=";
        return Compared(node.Operator, string.CompareOrdinal(a, b)) ?? throw Unsupported(node, left, right);
    }

    string Repeated(Binary node, object? text, object? count)
    {
        if (count is not (long or null))
            throw node.OperatorAt.Throw(node.Operator, $"text can be repeated a whole number of times, not by {Kinds.Of(count)}");
        var (part, times) = (TemplateText.Of(text, budget, node.At) ?? "", Math.Max(0, count as long? ?? 0));
        budget.ChargeText(part.Length == 0 ? 0 : Math.Min(times, int.MaxValue) * part.Length, node.OperatorAt);
        return part.Length == 0 ? "" : new StringBuilder().Insert(0, part, (int)times).ToString();
    }

    static object OnWhole(Binary node, long left, long right)
    {
        try
        {
            return node.Operator switch
            {
                "+" => checked(left + right),
                "-" => checked(left - right),
                "*" => checked(left * right),
                "/" or "//" or "%" when right == 0 => throw DivisionByZero(node),
                "/" => (double)left / right,
                "//" => checked(left / right),
                "%" => right == -1 ? 0L : left % right,
                _ => Compared(node.Operator, left.CompareTo(right)) ?? throw Unsupported(node, left, right),
            };
        }
        catch (OverflowException)
        {
            throw Overflow(node.OperatorAt, node.Operator);
        }
    }

    static object OnReal(Binary node, double left, double right)
    {
        double? result = node.Operator switch
        {
            "+" => left + right,
            "-" => left - right,
            "*" => left * right,
            "/" or "//" or "%" when right == 0 => throw DivisionByZero(node),
            "/" => left / right,
            "//" => Math.Round(left / right),
            "%" => left % right,
            _ => null,
        };
        if (result is { } real)
            return double.IsFinite(real) ? real : throw Overflow(node.OperatorAt, node.Operator);
        return Compared(node.Operator, left.CompareTo(right)) ?? throw Unsupported(node, left, right);
    }

    static bool? Compared(string symbol, int order) => symbol switch
    {
        "==" => order == 0,
        "!=" => order != 0,
        "<" => order < 0,
        "<=" => order <= 0,
        ">" => order > 0,
        ">=" => order >= 0,
        _ => null,
    };

    static TemplateException Unsupported(Binary node, object? left, object? right) => node.OperatorAt.Throw(
        node.Operator, $"\"{node.Operator}\" does not work between {Kinds.Of(left)} and {Kinds.Of(right)}");

    static TemplateException DivisionByZero(Binary node) => node.OperatorAt.Throw(node.Operator, "division by zero");

    static TemplateException Overflow(Position at, string symbol) => at.Throw(symbol, $"the result of \"{symbol}\" is out of range");
}
