namespace BackupRunner.Tests.Encryption;

/// <summary>Gives as many bytes a read as a network would: sometimes one, never all that were asked for.</summary>
sealed class UnevenStream(byte[] data) : MemoryStream(data)
{
    int reads;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var most = (reads++ % 4) switch { 0 => 1, 1 => 1460, 2 => 16_384, _ => 70_001 };
        return base.ReadAsync(buffer[..Math.Min(most, buffer.Length)], cancellationToken);
    }
}
