using BackupRunner.Encryption;
using BackupRunner.Reports;
using BackupRunner.Tests.Archive;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Encryption;

/// <summary>What becomes of gpg, and of who waits for it, when something fails. No process and no folder is left by any of it.</summary>
[Collection(nameof(GpgProcesses))]
public sealed class GpgFaultTests : IDisposable
{
    // More than gpg's pipes and buffers take.
    const int Much = 16 << 20;

    readonly DataKey key = Gpg.Key();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    GpgCipher Cipher => new(key);

    public void Dispose()
    {
        key.Dispose();
        Gpg.NothingIsLeft();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task A_failure_of_the_target_comes_through_while_writing(int afterWrites)
    {
        await using var encrypting = await Cipher.Encrypt(new FailingStream(afterWrites), Cancel);
        await Assert.ThrowsAsync<TargetFailed>(() => encrypting.WriteAsync(new byte[Much], Cancel).AsTask());
        await Assert.ThrowsAsync<TargetFailed>(() => encrypting.WriteAsync(new byte[1], Cancel).AsTask());
        await Assert.ThrowsAsync<TargetFailed>(() => encrypting.Complete(Cancel));
    }

    [Fact]
    public async Task A_failure_of_the_target_at_the_end_comes_through_when_completing()
    {
        await using var encrypting = await Cipher.Encrypt(new FailingStream(0), Cancel);
        await Assert.ThrowsAsync<TargetFailed>(() => encrypting.Complete(Cancel));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(3_000_000)]
    public async Task A_failure_of_the_source_comes_through(int bytes)
    {
        var failure = new IOException("the store is gone");
        var stored = await Gpg.Encrypt(key, Data.Random(5_000_000));
        Assert.Same(failure, await Assert.ThrowsAsync<IOException>(() => Gpg.Decrypt(key, new FailingSource(stored[..bytes], failure))));
    }

    [Fact]
    public async Task A_source_that_is_cancelled_by_somebody_else_has_failed()
    {
        var failure = new TaskCanceledException("the request timed out");
        Assert.Same(failure, await Assert.ThrowsAsync<TaskCanceledException>(() => Gpg.Decrypt(key, new FailingSource([], failure))));
    }

    [Fact]
    public async Task Disposing_without_completing_ends_gpg()
    {
        await using (await Cipher.Encrypt(Stream.Null, Cancel))
        {
        }
        Gpg.NothingIsLeft();
        var gate = new GateStream();
        await using (var encrypting = await Cipher.Encrypt(gate, Cancel))
        {
            await encrypting.WriteAsync(new byte[100_000], Cancel);
            await gate.Entered;
        }
        Gpg.NothingIsLeft();
        using (await Cipher.Encrypt(Stream.Null, Cancel))
        {
        }
    }

    [Fact]
    public async Task What_was_disposed_without_completing_does_not_decrypt()
    {
        var stored = new MemoryStream();
        await using (var encrypting = await Cipher.Encrypt(stored, Cancel))
            await encrypting.WriteAsync(Data.Random(3_000_000), Cancel);
        var refused = await Assert.ThrowsAsync<RunnerException>(() => Gpg.Decrypt(key, stored.ToArray()));
        Assert.Equal(ExitCode.Integrity, refused.ExitCode);
    }

    [Fact]
    public async Task Disposing_before_the_end_of_a_message_ends_gpg()
    {
        var stored = await Gpg.Encrypt(key, Data.Random(Much));
        await using (await Cipher.Decrypt(new MemoryStream(stored), Cancel))
        {
        }
        Gpg.NothingIsLeft();
        var source = new GatedSource(stored, 5_000_000);
        await using (var plain = await Cipher.Decrypt(source, Cancel))
        {
            await plain.ReadExactlyAsync(new byte[1000], Cancel);
            await plain.ReadExactlyAsync(new byte[4_000_000], Cancel);
            await source.Entered;
        }
        Gpg.NothingIsLeft();
        using (await Cipher.Decrypt(new MemoryStream(stored), Cancel))
        {
        }
    }

    [Fact]
    public async Task Waits_for_a_slow_target_and_goes_on()
    {
        var stored = new MemoryStream();
        var gate = new GateStream(stored, 3_000_000);
        var plain = Data.Random(Much);
        await using (var encrypting = await Cipher.Encrypt(gate, Cancel))
        {
            var writing = encrypting.WriteAsync(plain, Cancel);
            await gate.Entered;
            Assert.False(writing.IsCompleted);
            gate.Open();
            await writing;
            await encrypting.Complete(Cancel);
        }
        await Gpg.DecryptsTo(plain, key, stored.ToArray());
    }

    [Fact]
    public async Task No_write_is_larger_than_its_buffer()
    {
        var counting = new CountingStream();
        await using var encrypting = await Cipher.Encrypt(counting, Cancel);
        await encrypting.WriteAsync(new byte[4 * Much], Cancel);
        await encrypting.Complete(Cancel);
        Assert.InRange(counting.Bytes, 4 * Much, (4 * Much) + (Much / 16));
        Assert.InRange(counting.LargestWrite, 1, 1 << 18);
    }

    [Fact]
    public async Task A_write_that_waits_for_the_target_can_be_cancelled()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var gate = new GateStream();
        await using var encrypting = await Cipher.Encrypt(gate, Cancel);
        var writing = encrypting.WriteAsync(new byte[Much], cancel.Token);
        await gate.Entered;
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.AsTask());
        await Assert.ThrowsAnyAsync<Exception>(() => encrypting.Complete(Cancel));
    }

    [Fact]
    public async Task Completing_can_be_cancelled()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var gate = new GateStream();
        await using var encrypting = await Cipher.Encrypt(gate, Cancel);
        var completing = encrypting.Complete(cancel.Token);
        await gate.Entered;
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => completing);
    }

    [Fact]
    public async Task A_read_that_waits_for_the_source_can_be_cancelled()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var source = new GatedSource(await Gpg.Encrypt(key, Data.Random(1000)), 20);
        await using var plain = await Cipher.Decrypt(source, Cancel);
        var reading = plain.ReadAsync(new byte[1000], cancel.Token);
        await source.Entered;
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.AsTask());
    }

    [Theory]
    [InlineData("KILL", ExitCode.Command)]
    [InlineData("SEGV", ExitCode.Command)]
    [InlineData("TERM", ExitCode.Stopped)]
    [InlineData("INT", ExitCode.Stopped)]
    public async Task A_gpg_that_is_killed_is_named_as_such_while_encrypting(string signal, ExitCode expected)
    {
        await using var encrypting = await Cipher.Encrypt(Stream.Null, Cancel);
        await encrypting.WriteAsync(new byte[Much], Cancel);
        Shell.Bash($"kill -s {signal} {Assert.Single(Gpg.Processes()).Key}");
        var failure = await Assert.ThrowsAsync<RunnerException>(async () =>
        {
            while (true)
                await encrypting.WriteAsync(new byte[Much], Cancel);
        });
        Assert.Equal(expected, failure.ExitCode);
        Assert.Contains("gpg was ", failure.Message, StringComparison.Ordinal);
        Assert.Equal(expected, (await Assert.ThrowsAsync<RunnerException>(() => encrypting.Complete(Cancel))).ExitCode);
    }

    [Theory]
    [InlineData("KILL", ExitCode.Command)]
    [InlineData("TERM", ExitCode.Stopped)]
    public async Task A_gpg_that_is_killed_before_the_end_does_not_complete(string signal, ExitCode expected)
    {
        await using var encrypting = await Cipher.Encrypt(Stream.Null, Cancel);
        await encrypting.WriteAsync(new byte[Much], Cancel);
        Shell.Bash($"kill -s {signal} {Assert.Single(Gpg.Processes()).Key}");
        Assert.Equal(expected, (await Assert.ThrowsAsync<RunnerException>(() => encrypting.Complete(Cancel))).ExitCode);
    }

    [Theory]
    [InlineData("KILL", ExitCode.Command)]
    [InlineData("TERM", ExitCode.Stopped)]
    public async Task A_gpg_that_is_killed_is_named_as_such_while_decrypting(string signal, ExitCode expected)
    {
        var source = new GatedSource(await Gpg.Encrypt(key, Data.Random(Much)), 5_000_000);
        await using var plain = await Cipher.Decrypt(source, Cancel);
        await plain.ReadExactlyAsync(new byte[4_000_000], Cancel);
        await source.Entered;
        Shell.Bash($"kill -s {signal} {Assert.Single(Gpg.Processes()).Key}");
        var failure = await Assert.ThrowsAsync<RunnerException>(() => plain.CopyToAsync(Stream.Null, Cancel));
        Assert.Equal(expected, failure.ExitCode);
    }
}
