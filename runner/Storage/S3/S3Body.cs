using Amazon.S3.Model;

namespace BackupRunner.Storage.S3;

/// <summary>The bytes of an answer; disposing it ends the answer.</summary>
sealed class S3Body(GetObjectResponse answer) : ForwardStream
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => answer.ResponseStream.ReadAsync(buffer, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            answer.Dispose();
        base.Dispose(disposing);
    }
}
