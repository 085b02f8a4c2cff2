namespace BackupRunner.Templates.Syntax;

/// <summary>A place in the template's text, both from 1.</summary>
readonly record struct Position(int Line, int Column)
{
    public TemplateFault Fault(string construct, string message) => new(message, Line, Column, construct);

    public TemplateException Throw(string construct, string message) => new(Fault(construct, message));
}
