using System.Text;
using BackupRunner.Templates.Syntax;

namespace BackupRunner.Templates.Rendering;

/// <summary>Runs the statements of a template once.</summary>
sealed class Renderer
{
    readonly StringBuilder output = new();
    readonly WorkBudget budget = new();
    readonly Scope scope;
    readonly Evaluator evaluator;
    int outputBytes;

    Renderer(TemplateModel model)
    {
        scope = new Scope(model);
        evaluator = new Evaluator(scope, budget);
    }

    public static string Render(IReadOnlyList<Statement> template, TemplateModel model)
    {
        var renderer = new Renderer(model);
        renderer.Run(template);
        return renderer.output.ToString();
    }

    void Run(IReadOnlyList<Statement> body)
    {
        foreach (var statement in body)
        {
            budget.Charge(1, statement.At);
            switch (statement)
            {
                case TextStatement text:
                    Write(text.Text, text.At);
                    break;
                case OutputStatement value:
                    Write(TemplateText.Of(evaluator.Value(value.Value), budget, value.At) ?? "", value.At);
                    break;
                case AssignStatement assignment:
                    scope.Set(assignment.Name, evaluator.Value(assignment.Value));
                    break;
                case IfStatement choice:
                    Run(choice);
                    break;
                case ForStatement loop:
                    Run(loop);
                    break;
            }
        }
    }

    void Run(IfStatement choice)
    {
        foreach (var arm in choice.Arms)
        {
            if (arm.Condition is not null && !Kinds.IsTrue(evaluator.Value(arm.Condition)))
                continue;
            Run(arm.Body);
            return;
        }
    }

    void Run(ForStatement loop)
    {
        var value = evaluator.Value(loop.List);
        if (value is null)
            return;
        if (value is not IReadOnlyList<object?> list)
            throw loop.List.At.Throw("for", $"\"for\" wants a list, not {Kinds.Of(value)}");
        var outer = scope.Loop;
        var existed = scope.TryGet(loop.Name, out var shadowed);
        object? previous = null;
        for (var i = 0; i < list.Count; i++)
        {
            budget.ChargeIteration(loop.At);
            var item = Kinds.FromModel(list[i]);
            scope.Loop = new Loop(i, list.Count, Changed: i == 0 || !Equals(previous, item));
            scope.Set(loop.Name, item);
            Run(loop.Body);
            previous = item;
        }
        scope.Loop = outer;
        scope.Restore(loop.Name, existed, shadowed);
    }

    /// <summary>A shell script can hold neither NUL nor half a character.</summary>
    void Write(string text, Position at)
    {
        budget.Charge(text.Length, at);
        var (bytes, problem) = Utf8Length(text);
        if (problem is not null)
            throw at.Throw("template", problem);
        outputBytes += bytes;
        if (outputBytes > TemplateLimits.RenderedBytes)
            throw at.Throw("template", $"the rendered command is longer than {TemplateLimits.RenderedBytes} bytes");
        output.Append(text);
    }

    static (int Bytes, string? Problem) Utf8Length(string text)
    {
        var bytes = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\0')
                return (0, "the rendered command would hold a NUL character");
            if (!char.IsSurrogate(c))
            {
                bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
                continue;
            }
            if (i + 1 == text.Length || !char.IsSurrogatePair(c, text[i + 1]))
                return (0, "the rendered command would hold half of a UTF-16 surrogate pair");
            bytes += 4;
            i++;
        }
        return (bytes, null);
    }
}
