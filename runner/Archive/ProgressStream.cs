namespace BackupRunner.Archive;

/// <summary>Passes everything on and counts it.</summary>
public sealed class ProgressStream(Stream inner, StepProgress progress) : WriteOnlyStream
{
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await inner.WriteAsync(buffer, cancellationToken);
        progress.Add(buffer.Length);
    }
}
