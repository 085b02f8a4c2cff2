using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.AzureBlobs;

/// <summary>What the store's requests look like on the wire.</summary>
static class AzureWire
{
    /// <summary>The block of an object that is put; <see cref="WireKind.Put"/> is what makes it visible.</summary>
    public static bool IsSmallBlock(WireRequest request) => IsBlock(request) && !IsUpload(request);

    public static bool IsBlockList(WireRequest request) => request.Method == "GET" && Value(request, "comp") == "blocklist";

    public static WireKind KindOf(WireRequest request) => (request.Method, Value(request, "comp")) switch
    {
        ("PUT", "block") when IsUpload(request) => request.Bytes == 1 ? WireKind.Begin : WireKind.Part,
        ("PUT", "blocklist") when request.Headers.ContainsKey("x-ms-meta-backuprunneraborted") => WireKind.Abort,
        ("PUT", "blocklist") => IsUpload(request) ? WireKind.Complete : WireKind.Put,
        ("GET", "list") => WireKind.List,
        ("GET", null) => WireKind.Read,
        ("HEAD", null) => WireKind.Head,
        ("DELETE", null) when request.Headers.IfMatch.Count == 0 => WireKind.Delete,
        _ => WireKind.Other,
    };

    static bool IsBlock(WireRequest request) => request.Method == "PUT" && Value(request, "comp") == "block";

    static bool IsUpload(WireRequest request) => request.Path.EndsWith("/a/big", StringComparison.Ordinal);

    static string? Value(WireRequest request, string name) => request.Target.Split('?') is [_, var query]
        ? query.Split('&').Where(part => part.StartsWith(name + "=", StringComparison.Ordinal)).Select(part => part[(name.Length + 1)..]).FirstOrDefault()
        : null;
}
