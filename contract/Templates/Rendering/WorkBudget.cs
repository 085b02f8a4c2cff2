using BackupRunner.Templates.Syntax;

namespace BackupRunner.Templates.Rendering;

/// <summary>Bounds the time and the memory of one rendering: see <see cref="TemplateLimits"/>.</summary>
sealed class WorkBudget
{
    long work;
    int iterations;

    public void Charge(long units, Position at)
    {
        work += units;
        if (work > TemplateLimits.Work)
            throw at.Throw("template", "rendering takes too much work; make the loops or the texts shorter");
    }

    /// <summary>To be asked before text of this length is made.</summary>
    public void ChargeText(long length, Position at)
    {
        Limit(length, at);
        Charge(length, at);
    }

    public static void Limit(long length, Position at)
    {
        if (length > TemplateLimits.RenderedBytes)
            throw at.Throw("template", $"the text becomes longer than {TemplateLimits.RenderedBytes} characters");
    }

    public void ChargeIteration(Position at)
    {
        if (++iterations > TemplateLimits.Iterations)
            throw at.Throw("for", $"the loops of the template make more than {TemplateLimits.Iterations} rounds");
    }
}
