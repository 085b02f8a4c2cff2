using BackupRunner.Policy;
using BackupRunner.Storage;
using BackupRunner.Storage.S3;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Storage.S3;

public sealed class S3FaultTests : MultipartFaultContract
{
    S3Bucket bucket = null!;

    protected override async Task<Uri> Prepare()
    {
        bucket = await S3Bucket.Create(StorageProvider.S3, Cancel);
        return S3Bucket.Server;
    }

    protected override IObjectStore OpenAt(Uri address, TimeProvider time) =>
        S3ObjectStore.Open(bucket.PolicyAt(address), CredentialsFolder.Open(bucket.CredentialsFolder), time);

    protected override WireKind KindOf(WireRequest request) => S3Wire.KindOf(request);

    protected override ValueTask CleanUp() => bucket.DisposeAsync();
}
