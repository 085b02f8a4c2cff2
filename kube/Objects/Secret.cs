using System.Security.Cryptography;

namespace BackupRunner.Kube;

/// <summary>Its content is bytes that are forgotten when it is disposed; what prints an object prints none of them.</summary>
public sealed record Secret : KubeObject, IDisposable
{
    public string? Type { get; init; }

    public bool? Immutable { get; init; }

    /// <summary>By field. The server gives every field bytes, be they none.</summary>
    public Dictionary<string, byte[]> Data { get; init => field = value ?? []; } = [];

    public void Dispose()
    {
        foreach (var content in Data.Values)
            CryptographicOperations.ZeroMemory(content);
    }
}
