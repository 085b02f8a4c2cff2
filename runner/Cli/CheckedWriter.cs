using System.Text;

namespace BackupRunner.Cli;

/// <summary>Standard output. A disk that is full, or a descriptor that is closed, ends what is printed and not the run: <see cref="Failure"/> says so afterwards.</summary>
public sealed class CheckedWriter(TextWriter inner) : TextWriter
{
    /// <summary>Why something was not written; null when all was.</summary>
    public string? Failure { get; private set; }

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Try(() => inner.Write(value));

    public override void Write(string? value) => Try(() => inner.Write(value));

    public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

    public override Task WriteLineAsync(string? value)
    {
        WriteLine(value);
        return Task.CompletedTask;
    }

    public override void Flush() => Try(inner.Flush);

    void Try(Action write)
    {
        if (Failure is not null)
            return;
        try
        {
            write();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Failure = failure.GetBaseException().Message;
        }
    }
}
