namespace BackupRunner.Templates;

/// <summary>What keeps every template quick and small, however it is written.</summary>
public static class TemplateLimits
{
    /// <summary>UTF-16 code units of template text.</summary>
    public const int TemplateLength = 128 * 1024;

    /// <summary>UTF-8 bytes of rendered text.</summary>
    public const int RenderedBytes = 1024 * 1024;

    /// <summary>Blocks within blocks, brackets within brackets, and operators in one expression.</summary>
    public const int Depth = 100;

    /// <summary>Rounds of all loops together.</summary>
    public const int Iterations = 100_000;

    /// <summary>Evaluated nodes plus characters read and made; some tens of milliseconds.</summary>
    public const int Work = 16 * 1024 * 1024;

    /// <summary>Faults reported at once.</summary>
    public const int Faults = 20;
}
