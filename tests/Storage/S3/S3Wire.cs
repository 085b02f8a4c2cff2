using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.S3;

/// <summary>Requests of the S3 protocol, path style.</summary>
static class S3Wire
{
    public static WireKind KindOf(WireRequest request) => request.Method switch
    {
        "PUT" => request.HasQuery("partNumber") ? WireKind.Part : WireKind.Put,
        "POST" => request.HasQuery("uploads") ? WireKind.Begin : WireKind.Complete,
        "DELETE" => request.HasQuery("uploadId") ? WireKind.Abort : WireKind.Delete,
        "HEAD" => WireKind.Head,
        "GET" when request.HasQuery("uploads") => WireKind.Other,
        "GET" => request.HasQuery("list-type") ? WireKind.List : WireKind.Read,
        _ => WireKind.Other,
    };
}
