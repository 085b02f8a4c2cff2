using BackupRunner.Archive;

namespace BackupRunner.Tests.Archive;

sealed class TargetFailed(int writes) : Exception("the target failed")
{
    public int Writes { get; } = writes;
}

/// <summary>Takes some writes and then fails each.</summary>
sealed class FailingStream(int afterWrites) : WriteOnlyStream
{
    int writes;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        writes++ < afterWrites ? ValueTask.CompletedTask : throw new TargetFailed(afterWrites);
}

/// <summary>Blocks the first write that comes after <paramref name="passBytes"/> until the gate opens.</summary>
sealed class GateStream(Stream? inner = null, long passBytes = 0) : WriteOnlyStream
{
    readonly TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    long passed;

    /// <summary>Ends when a write waits at the gate.</summary>
    public Task Entered => entered.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

    public void Open() => open.SetResult();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        passed += buffer.Length;
        if (passed > passBytes)
        {
            entered.TrySetResult();
            await open.Task.WaitAsync(cancellationToken);
        }
        await (inner ?? Null).WriteAsync(buffer, cancellationToken);
    }
}

/// <summary>Gives one byte a read.</summary>
sealed class TrickleStream(byte[] data) : MemoryStream(data)
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        base.ReadAsync(buffer[..Math.Min(1, buffer.Length)], cancellationToken);
}

/// <summary>Gives its data and then throws instead of ending.</summary>
sealed class FailingSource(byte[] data, Exception exception) : MemoryStream(data)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        await base.ReadAsync(buffer, cancellationToken) is > 0 and var length ? length : throw exception;
}

sealed class CountingStream : WriteOnlyStream
{
    public long Bytes { get; private set; }

    public int LargestWrite { get; private set; }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Bytes += buffer.Length;
        LargestWrite = Math.Max(LargestWrite, buffer.Length);
        return ValueTask.CompletedTask;
    }
}

/// <summary>A source that blocks at a place until its gate opens.</summary>
sealed class GatedSource(byte[] data, int? at = null) : MemoryStream(data)
{
    readonly int at = at ?? data.Length;
    readonly TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Entered => entered.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

    public void Open() => open.SetResult();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position >= at && !open.Task.IsCompleted)
        {
            entered.TrySetResult();
            await open.Task.WaitAsync(cancellationToken);
        }
        var room = Position < at ? Math.Min(buffer.Length, at - (int)Position) : buffer.Length;
        return await base.ReadAsync(buffer[..room], cancellationToken);
    }
}

sealed class Told : IProgress<long>
{
    public List<long> Values { get; } = [];

    public void Report(long value) => Values.Add(value);
}
