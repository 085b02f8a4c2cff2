namespace BackupRunner.Storage;

/// <summary>A text that no message, log or debugger may show.</summary>
public sealed class Secret(string value) : IEquatable<Secret>
{
    public string Reveal() => value;

    public bool Equals(Secret? other) => other is not null && other.Reveal() == value;

    public override bool Equals(object? obj) => Equals(obj as Secret);

    public override int GetHashCode() => value.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => "**redacted**";
}
