namespace BackupRunner.Archive;

/// <summary>tar's standard input. When tar has ended it throws <see cref="TarGoneException"/>, because the reason is in tar's messages and
/// not in "broken pipe".</summary>
public sealed class TarInputStream(Stream pipe) : WriteOnlyStream
{
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await pipe.WriteAsync(buffer, cancellationToken);
        }
        catch (IOException exception)
        {
            throw new TarGoneException(exception);
        }
    }
}

/// <summary>tar ended before its input did.</summary>
public sealed class TarGoneException(Exception inner) : Exception("tar closed its standard input", inner);
