using System.Text;

namespace BackupRunner.Posix;

/// <summary>
/// The name of one directory entry: bytes without NUL and slash, in no encoding. Equal exactly when the bytes are.
/// <see cref="ToString"/> is for people: what is not printable UTF-8 reads <c>\xNN</c>.
/// </summary>
public sealed class EntryName : IEquatable<EntryName>
{
    readonly byte[] terminated;

    public EntryName(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || name.ContainsAny((byte)0, (byte)'/'))
            throw new ArgumentException("a name is neither empty nor holds NUL or a slash", nameof(name));
        terminated = [.. name, 0];
    }

    /// <param name="ascii">A name of our own.</param>
    public EntryName(string ascii) : this(Encoding.UTF8.GetBytes(ascii))
    {
    }

    public ReadOnlySpan<byte> Bytes => terminated.AsSpan(0, terminated.Length - 1);

    /// <summary>The name as C wants it, with its NUL.</summary>
    public ReadOnlySpan<byte> Terminated => terminated;

    public bool Equals(EntryName? other) => other is not null && Bytes.SequenceEqual(other.Bytes);

    public override bool Equals(object? obj) => Equals(obj as EntryName);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Bytes);
        return hash.ToHashCode();
    }

    public override string ToString() => ByteName.Show(Bytes);
}
