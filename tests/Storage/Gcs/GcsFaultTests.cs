using BackupRunner.Storage;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.Gcs;

public sealed class GcsFaultTests : StoreFaultContract
{
    GcsBucket bucket = null!;

    protected override async Task<Uri> Prepare()
    {
        bucket = await GcsBucket.Create(Cancel);
        return bucket.Address;
    }

    protected override IObjectStore OpenAt(Uri address, TimeProvider time) => bucket.OpenAt(address, time);

    protected override WireKind KindOf(WireRequest request) => (request.Method, request.Path.Split('/')) switch
    {
        ("POST", ["", "upload", ..]) => request.Target.Contains("uploadType=resumable", StringComparison.Ordinal) ? WireKind.Begin : WireKind.Put,
        ("PUT", ["", "upload", ..]) => request.Headers.ContentRange.ToString() switch
        {
            "bytes */*" => WireKind.Other,
            var range => range.EndsWith("/*", StringComparison.Ordinal) ? WireKind.Part : WireKind.Complete,
        },
        ("DELETE", ["", "upload", ..]) => WireKind.Abort,
        ("GET", ["", "download", ..]) => WireKind.Read,
        ("GET", [.., "o"]) => WireKind.List,
        ("GET", _) => WireKind.Head,
        ("DELETE", _) => WireKind.Delete,
        _ => WireKind.Other,
    };

    protected override ValueTask CleanUp() => bucket.DisposeAsync();
}
