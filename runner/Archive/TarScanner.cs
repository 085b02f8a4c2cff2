using BackupRunner.Reports;

namespace BackupRunner.Archive;

/// <summary>What becomes of the bytes that <see cref="TarScanner.Step"/> has looked at.</summary>
public enum TarVerdict
{
    /// <summary>Not known yet: they belong to an entry whose headers are not complete.</summary>
    Hold,

    /// <summary>They pass, and with them all that was held: headers end here.</summary>
    PassHeaders,

    Pass,

    /// <summary>They do not pass, nor does what was held.</summary>
    Drop,
}

/// <summary>
/// Reads a tar stream block by block as it is pushed through, in any portions, and lets rules judge every entry by its complete headers.
/// It reads what
/// GNU tar reads (ustar, pax, GNU long names and sparse files, v7) and, where tars differ in what they make of a header, refuses it.
/// </summary>
public sealed class TarScanner(ITarRules rules, WarningList warnings)
{
    /// <summary>Of an extended header or a long name; xattrs of one file have at most 64 KiB of names and as much for each value on the
    /// usual file systems.</summary>
    public const int MaximumMetaBytes = 1 << 20;

    /// <summary>Far more than any file system holds, and small enough to add to.</summary>
    public const long MaximumPayloadBytes = 1L << 60;

    enum State
    {
        Header,
        Meta,
        SparseMap,
        Payload,
        Ended,
    }

    readonly byte[] partial = new byte[TarHeader.BlockBytes];
    int partialBytes;
    State state;
    readonly TarTally tally = new();
    TarMeta? meta;
    byte metaType;
    byte[] metaPayload = [];
    int metaBytes;
    long remaining;
    TarVerdict verdict;
    long offset;
    long heldBytes;
    long passedBytes;
    bool sawZeroBlock;
    string current = "";

    public TarCounts Counts => tally.ToCounts(passedBytes);

    /// <summary>The end of the archive was read; without it the stream was cut.</summary>
    public bool IsComplete => state == State.Ended;

    /// <param name="input">Not empty.</param>
    /// <returns>How much of it was looked at, at least one byte.</returns>
    /// <exception cref="RunnerException">Exit 5: no tar, damaged, or an entry that the rules refuse.</exception>
    public (int Length, TarVerdict Verdict) Step(ReadOnlySpan<byte> input)
    {
        var isEnded = state == State.Ended;
        var step = state switch
        {
            State.Ended => (input.Length, rules.AfterEnd),
            State.Payload => StepPayload(input),
            State.Meta => StepMeta(input),
            _ => StepBlock(input),
        };
        offset += step.Item1;
        if (!isEnded)
            Count(step.Item1, step.Item2);
        return step;
    }

    void Count(int length, TarVerdict ruling)
    {
        heldBytes = ruling == TarVerdict.Drop ? 0 : heldBytes + length;
        if (ruling == TarVerdict.Hold)
            return;
        passedBytes += heldBytes;
        heldBytes = 0;
    }

    public RunnerException CutShort() =>
        new(ExitCode.Integrity, current.Length == 0
            ? "the archive is cut short: its tar data has no end mark"
            : $"the archive is cut short: its tar data ends after \"{current}\" began");

    (int, TarVerdict) StepBlock(ReadOnlySpan<byte> input)
    {
        if (partialBytes == 0 && input.Length >= TarHeader.BlockBytes)
            return (TarHeader.BlockBytes, Block(input[..TarHeader.BlockBytes]));
        var length = Math.Min(TarHeader.BlockBytes - partialBytes, input.Length);
        input[..length].CopyTo(partial.AsSpan(partialBytes));
        partialBytes += length;
        if (partialBytes < TarHeader.BlockBytes)
            return (length, TarVerdict.Hold);
        partialBytes = 0;
        return (length, Block(partial));
    }

    (int, TarVerdict) StepPayload(ReadOnlySpan<byte> input)
    {
        var length = (int)Math.Min(remaining, input.Length);
        remaining -= length;
        if (remaining == 0)
            state = State.Header;
        return (length, verdict);
    }

    (int, TarVerdict) StepMeta(ReadOnlySpan<byte> input)
    {
        var length = (int)Math.Min(remaining, input.Length);
        var wanted = Math.Min(length, metaPayload.Length - metaBytes);
        input[..wanted].CopyTo(metaPayload.AsSpan(metaBytes));
        metaBytes += wanted;
        remaining -= length;
        return (length, remaining == 0 ? EndMeta() : TarVerdict.Hold);
    }

    TarVerdict Block(ReadOnlySpan<byte> block)
    {
        if (state == State.SparseMap)
        {
            // 21 pairs of offset and length, then the flag that says whether another block of them follows (GNU tar, struct sparse_header).
            if (block[504] == 0)
                BeginPayload();
            return verdict;
        }
        var header = new TarHeader(block);
        if (header.IsZero)
            return ZeroBlock();
        if (sawZeroBlock)
            throw Damaged("a block of zeros between two entries");
        if (!header.HasValidChecksum)
            throw Damaged(offset < TarHeader.BlockBytes ? "it does not begin with a tar header" : "a header whose checksum is wrong");
        if (TarNumber.Parse(header.SizeField) is not { } size || size > MaximumPayloadBytes)
            throw Damaged("a header without a usable size");
        return header.IsMeta ? BeginMeta(header.Type, size) : Entry(header, size);
    }

    TarVerdict ZeroBlock()
    {
        if (meta is not null)
            throw Damaged("an extended header without an entry");
        if (sawZeroBlock)
            (state, current) = (State.Ended, "");
        sawZeroBlock = true;
        return TarVerdict.Pass;
    }

    TarVerdict BeginMeta(byte type, long size)
    {
        if (size is 0 or > MaximumMetaBytes)
            throw Damaged($"an extended header of {size} bytes");
        if (type == 'g' && meta is not null)
            throw Damaged("a global header inside an entry");
        metaType = type;
        metaBytes = 0;
        metaPayload = new byte[size];
        remaining = Padded(size);
        state = State.Meta;
        return TarVerdict.Hold;
    }

    TarVerdict EndMeta()
    {
        state = State.Header;
        var problem = metaType == 'g' ? TarMeta.CheckGlobal(metaPayload) : (meta ??= new TarMeta()).Add(metaType, metaPayload);
        metaPayload = [];
        if (problem is not null)
            throw Damaged(problem);
        return metaType == 'g' ? TarVerdict.PassHeaders : TarVerdict.Hold;
    }

    TarVerdict Entry(TarHeader header, long headerSize)
    {
        var size = meta?.Size ?? headerSize;
        remaining = Padded(size);
        if (header.Type == 'V')
        {
            // The label of a volume (tar --label) is no file.
            verdict = TarVerdict.Drop;
        }
        else
        {
            var (entry, problem) = TarEntryReader.Read(header, meta ?? new TarMeta(), size);
            if (entry is null)
                throw Damaged(problem);
            current = entry.ShownName;
            verdict = rules.Allows(entry, warnings) ? TarVerdict.Pass : TarVerdict.Drop;
            if (verdict == TarVerdict.Pass)
                tally.Add(entry);
        }
        meta = null;
        var last = verdict == TarVerdict.Pass ? TarVerdict.PassHeaders : TarVerdict.Drop;
        if (header.Type == 'S' && header.IsExtended)
            state = State.SparseMap;
        else
            BeginPayload();
        return last;
    }

    void BeginPayload() => state = remaining > 0 ? State.Payload : State.Header;

    RunnerException Damaged(string what) =>
        new(ExitCode.Integrity, $"the archive is no tar that can be restored: {what}, at byte {offset} of its tar data"
            + (current.Length > 0 ? $", after \"{current}\"" : ""));

    static long Padded(long size) => (size + TarHeader.BlockBytes - 1) / TarHeader.BlockBytes * TarHeader.BlockBytes;
}
