using BackupRunner.Policy;

namespace BackupRunner.Archive;

/// <summary>
/// Reads the tar stream that is written to it and passes on to the inner stream what its rules allow, each entry only after its headers
/// were judged.
/// Memory: a few headers of at most <see cref="TarScanner.MaximumMetaBytes"/> each, and the rules' own.
/// </summary>
/// <remarks><see cref="Complete"/> checks that the archive was whole. The inner stream is neither completed nor disposed.</remarks>
public sealed class TarFilterStream(Stream inner, ITarRules rules, WarningList warnings, NumericOwner? owner = null) : WriteOnlyStream
{
    readonly TarScanner scanner = new(rules, warnings);
    readonly MemoryStream held = new();

    public TarCounts Counts => scanner.Counts;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // [passing, undecided) passes on, [undecided, at) belongs to an entry that is not judged yet and may begin in what is held.
        int passing = 0, undecided = 0, at = 0;
        while (at < buffer.Length)
        {
            var (length, verdict) = scanner.Step(buffer.Span[at..]);
            at += length;
            if (verdict == TarVerdict.Hold)
                continue;
            if (verdict == TarVerdict.PassHeaders && owner is not null)
            {
                await Pass(buffer[passing..undecided], cancellationToken);
                held.Write(buffer.Span[undecided..at]);
                TarOwner.Rewrite(held.GetBuffer().AsSpan(0, (int)held.Length), owner);
                passing = at;
            }
            if (verdict == TarVerdict.Drop)
            {
                held.SetLength(0);
                await Pass(buffer[passing..undecided], cancellationToken);
                passing = at;
            }
            else if (held.Length > 0)
            {
                await Pass(held.GetBuffer().AsMemory(0, (int)held.Length), cancellationToken);
                held.SetLength(0);
            }
            undecided = at;
        }
        await Pass(buffer[passing..undecided], cancellationToken);
        held.Write(buffer.Span[undecided..]);
    }

    /// <exception cref="RunnerException">Exit 5: the stream was cut inside an entry or has no end mark.</exception>
    public void Complete()
    {
        if (!scanner.IsComplete)
            throw scanner.CutShort();
    }

    ValueTask Pass(ReadOnlyMemory<byte> bytes, CancellationToken cancel) =>
        bytes.IsEmpty ? ValueTask.CompletedTask : inner.WriteAsync(bytes, cancel);
}
