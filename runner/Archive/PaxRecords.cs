namespace BackupRunner.Archive;

/// <summary>
/// Walks the records of a pax extended header (POSIX, pax(1), "pax Extended Header"): <c>length key=value\n</c>, the length in decimal and
/// of the
/// whole record.
/// </summary>
public ref struct PaxRecords(ReadOnlySpan<byte> payload)
{
    readonly ReadOnlySpan<byte> payload = payload;
    int next;

    /// <summary>Where the current record's key stands in the payload.</summary>
    public int KeyOffset { get; private set; }

    public ReadOnlySpan<byte> Key { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>False at the end, and for good when a record is malformed.</summary>
    public bool MoveNext()
    {
        var rest = payload[next..];
        if (rest.IsEmpty || IsMalformed)
            return false;
        var digits = 0;
        long length = 0;
        while (digits < rest.Length && digits < 9 && rest[digits] is >= (byte)'0' and <= (byte)'9')
            length = (length * 10) + rest[digits++] - '0';
        IsMalformed = true;
        if (digits == 0 || digits == rest.Length || rest[digits] != ' ' || length > rest.Length || length < digits + 3)
            return false;
        var record = rest[(digits + 1)..(int)length];
        var equals = record.IndexOf((byte)'=');
        if (equals < 1 || record[^1] != '\n')
            return false;
        IsMalformed = false;
        KeyOffset = next + digits + 1;
        Key = record[..equals];
        Value = record[(equals + 1)..^1];
        next += (int)length;
        return true;
    }

    public bool IsMalformed { get; private set; }
}
