using System.Globalization;
using BackupRunner.Templates.Rendering;
using BackupRunner.Templates.Syntax;

namespace BackupRunner.Templates.Functions;

/// <summary>The values of one call, converted as Scriban converts them, and charged to the work budget.</summary>
sealed class Arguments(Call call, object?[] values, WorkBudget budget)
{
    string Name => call.Function.Name;

    public object? this[int i] => values[i];

    public bool Has(int i) => call.Arguments[i] is not null;

    /// <returns>Null for null.</returns>
    public string? Text(int i)
    {
        var text = TemplateText.Of(values[i], budget, At(i));
        budget.Charge(text?.Length ?? 0, At(i));
        return text;
    }

    /// <summary>Null is 0; a real number is rounded; text is parsed.</summary>
    public int Integer(int i)
    {
        var number = values[i] switch
        {
            null => 0d,
            long whole => whole,
            double real => Math.Round(real),
            bool flag => flag ? 1 : 0,
            string text when long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var parsed) => parsed,
            _ => double.NaN,
        };
        return number is >= int.MinValue and <= int.MaxValue
            ? (int)number
            : throw Fault(i, $"wants a whole number of 32 bits, not {Kinds.Of(values[i])}");
    }

    /// <returns>Null for null.</returns>
    public IReadOnlyList<object?>? List(int i) => values[i] switch
    {
        null => null,
        IReadOnlyList<object?> list => list,
        _ => throw Fault(i, $"wants a list, not {Kinds.Of(values[i])}"),
    };

    /// <summary>The items of a list as text; none for null.</summary>
    public IEnumerable<string?> Items(int i) => (List(i) ?? []).Select(item => TemplateText.Of(item, budget, At(i)));

    /// <summary>A search costs its text once for every sixteen characters it looks for.</summary>
    public void ChargeSearch(string? text, string? what) =>
        budget.Charge((text?.Length ?? 0) * (long)(1 + ((what?.Length ?? 0) / 16)), call.At);

    /// <summary>To be asked before text of this length is made.</summary>
    public void ChargeResult(long length) => budget.ChargeText(length, call.At);

    /// <summary>To be asked while text is made part by part.</summary>
    public void ChargePart(long partLength, long lengthSoFar)
    {
        budget.Charge(partLength + 1, call.At);
        WorkBudget.Limit(lengthSoFar, call.At);
    }

    public TemplateException Fault(int i, string problem) =>
        At(i).Throw(Name, $"<{call.Function.Parameters[i].Name}> of \"{Name}\" {problem}");

    Position At(int i) => call.Arguments[i]?.At ?? call.At;
}
