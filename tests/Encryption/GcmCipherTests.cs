using BackupRunner.Encryption;
using BackupRunner.Reports;
using BackupRunner.Tests.Archive;
using BackupRunner.Tests.Support;
using static BackupRunner.Tests.Encryption.Ciphers;

namespace BackupRunner.Tests.Encryption;

public sealed class GcmCipherTests : IDisposable
{
    const int First = (1 << 20) - 56;
    const int Next = (1 << 20) - 16;

    readonly Scratch scratch = new();
    readonly DataKey key = Key();

    GcmCipher Cipher => new(key, Id);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        key.Dispose();
        scratch.Dispose();
    }

    public static TheoryData<int, int> Sizes => new()
    {
        { 0, 1 }, { 1, 1 }, { First - 1, 1 }, { First, 1 }, { First + 1, 2 }, { First + Next - 1, 2 }, { First + Next, 2 }, { First + Next + 1, 3 }, { First + (2 * Next) + 12345, 4 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task Decrypts_what_it_encrypted_however_it_was_written_and_read(int size, int segments)
    {
        var data = Data(size);
        var whole = await Encrypt(Cipher, data);
        var odd = await Encrypt(Cipher, data, 1, 3, 4096, 65_537, First, 2 << 20, 7);

        Assert.Equal(40 + size + (16 * segments), whole.Length);
        Assert.Equal(whole.Length, odd.Length);
        Assert.Equal(data, await Decrypt(Cipher, new MemoryStream(whole), 1, 5, 81_920, 1 << 21));
        Assert.Equal(data, await Decrypt(Cipher, new UnevenStream(odd)));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task An_independent_program_reads_and_writes_the_same_format(int size, int segments)
    {
        var data = Data(size);
        await File.WriteAllBytesAsync(scratch["ours"], await Encrypt(Cipher, data), Cancel);
        await File.WriteAllBytesAsync(scratch["plain"], data, Cancel);
        var program = $"/usr/bin/python3 {Repository.PathOf("tests/Encryption/gcm.py")}";

        Shell.Bash($"cd {scratch.Path}; {program} decrypt {Hex(key.Material)} {Id} < ours > decrypted; {program} encrypt {Hex(key.Material)} {Id} < plain > theirs");

        Assert.Equal(data, await File.ReadAllBytesAsync(scratch["decrypted"], Cancel));
        var theirs = await File.ReadAllBytesAsync(scratch["theirs"], Cancel);
        Assert.Equal(40 + size + (16 * segments), theirs.Length);
        Assert.Equal(data, await Decrypt(Cipher, new MemoryStream(theirs)));
    }

    /// <summary>The published answer of three segments that Tink's own implementations are tested with; it has segments of 64 bytes.</summary>
    [Fact]
    public async Task The_independent_program_reads_what_Tink_publishes()
    {
        await File.WriteAllBytesAsync(scratch["stored"], Bytes(
            "18 93b3af5e14ab378d065addfc8484da64 2c0862877baea8" +
            "db92d9c77406a406168478821c4298eab3e6d531277f4c1a051714faebcaefcbca7b7be05e9445ea" +
            "a0bb2904153398a25084dd80ae0edcd1c3079fcea2cd3770630ee36f7539207b8ec9d754956d486b71cdf989f0ed6fba6779b63558be0a66e668df14e1603cd2" +
            "af8944844078345286d0b292e772e7190775c51a0f83e40c0b75821027e7e538e111"), Cancel);
        var plain = Shell.Bash($"/usr/bin/python3 {Repository.PathOf("tests/Encryption/gcm.py")} decrypt 6eb56cdc726dfbe5d57f2fcdc6e9345b aad 64 SHA1 16 < {scratch["stored"]}");
        Assert.Equal("This is a fairly long plaintext. It is of the exact length to create three output blocks. ", plain);
    }

    [Fact]
    public async Task Encrypts_the_same_data_differently_every_time()
    {
        var (one, two) = (await Encrypt(Cipher, Data(100)), await Encrypt(Cipher, Data(100)));
        Assert.Equal(40, one[0]);
        Assert.NotEqual(one[1..33], two[1..33]);
        Assert.NotEqual(one[33..40], two[33..40]);
        Assert.NotEqual(one[40..], two[40..]);
    }

    [Fact]
    public void Numbers_4_Gi_segments_and_refuses_one_more()
    {
        using var segments = new GcmSegments(key, Id, GcmSegments.NewHeader());
        var (stored, plain) = (new byte[20], new byte[4]);

        segments.Seal(GcmSegments.MaxSegments - 1, last: true, "last"u8, stored);
        Assert.True(segments.Open(GcmSegments.MaxSegments - 1, last: true, stored, plain));
        Assert.Equal("last"u8, plain);

        var refusal = Assert.Throws<RunnerException>(() => segments.Seal(GcmSegments.MaxSegments, last: true, "more"u8, stored));
        Assert.Equal(ExitCode.Volume, refusal.ExitCode);
        Assert.Contains("larger than 4 PiB", refusal.Message, StringComparison.Ordinal);
        segments.Seal(0, last: true, "zero"u8, stored);
        Assert.False(segments.Open(GcmSegments.MaxSegments, last: true, stored, plain));
    }

    [Fact]
    public void A_segment_that_does_not_open_leaves_zeros()
    {
        using var segments = new GcmSegments(key, Id, GcmSegments.NewHeader());
        var (stored, plain) = (new byte[20], Data(4));
        segments.Seal(0, last: true, "text"u8, stored);
        stored[^1] ^= 1;
        Assert.False(segments.Open(0, last: true, stored, plain));
        Assert.Equal(new byte[4], plain);
    }

    [Fact]
    public async Task Writes_large_pieces_and_takes_no_memory_by_the_byte()
    {
        var target = new CountingStream();
        await using var stream = await Cipher.Encrypt(target, Cancel);
        var piece = new byte[300_000];
        await stream.WriteAsync(piece, Cancel);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 300; i++)
            await stream.WriteAsync(piece, Cancel);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Equal(1 << 20, target.LargestWrite);
        Assert.InRange(target.Bytes, 300L * 300_000 - (1 << 20), 302L * 300_000);
    }

    [Fact]
    public async Task Leaves_the_streams_open_and_no_plaintext_in_memory()
    {
        using var stored = new MemoryStream();
        var encrypting = await Cipher.Encrypt(stored, Cancel);
        await encrypting.WriteAsync(Data(1000), Cancel);
        await encrypting.Complete(Cancel);
        var plain = Assert.Single(SecretsOf(encrypting));
        Assert.Equal(Data(1000), plain[..1000]);
        await encrypting.DisposeAsync();
        Assert.True(stored.CanWrite);
        Assert.DoesNotContain(plain, b => b != 0);

        stored.Position = 0;
        var decrypting = await Cipher.Decrypt(stored, Cancel);
        await decrypting.ReadExactlyAsync(new byte[10], Cancel);
        plain = Assert.Single(SecretsOf(decrypting));
        Assert.Equal(Data(1000), plain[..1000]);
        await decrypting.DisposeAsync();
        Assert.True(stored.CanRead);
        Assert.DoesNotContain(plain, b => b != 0);
    }

    [Fact]
    public async Task Nothing_can_be_written_after_a_write_that_failed_or_after_the_end()
    {
        await using var failed = await Cipher.Encrypt(new FailingStream(1), Cancel);
        await failed.WriteAsync(Data(First + 1), Cancel);
        await Assert.ThrowsAsync<TargetFailed>(async () => await failed.WriteAsync(Data(Next), Cancel));
        await Assert.ThrowsAsync<InvalidOperationException>(() => failed.Complete(Cancel));

        await using var complete = await Cipher.Encrypt(new MemoryStream(), Cancel);
        await complete.Complete(Cancel);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await complete.WriteAsync(Data(1), Cancel));
        await Assert.ThrowsAsync<InvalidOperationException>(() => complete.Complete(Cancel));
    }

    [Fact]
    public async Task What_was_not_completed_does_not_decrypt_to_the_end()
    {
        using var target = new MemoryStream();
        await using (var stream = await Cipher.Encrypt(target, Cancel))
            await stream.WriteAsync(Data(First + Next + 1), Cancel);
        var (refusal, before) = await Refused(Cipher, target.ToArray());
        Assert.Equal("the archive was cut: it ends after 2097152 bytes with segment 1, which is not its last", refusal.Message);
        Assert.Equal(Data(First + Next + 1)[..First], before);
    }

    [Fact]
    public async Task What_the_store_fails_with_comes_through_and_reading_may_go_on_after_a_cancel()
    {
        var stored = await Encrypt(Cipher, Data(First + 100));
        await using var failing = await Cipher.Decrypt(new FailingSource(stored[..^1], new IOException("gone")), Cancel);
        Assert.Equal("gone", (await Assert.ThrowsAsync<IOException>(() => failing.CopyToAsync(Stream.Null, Cancel))).Message);

        var gated = new GatedSource(stored, 1000);
        await using var stream = await Cipher.Decrypt(gated, Cancel);
        using var impatience = new CancellationTokenSource();
        var reading = stream.ReadAsync(new byte[10], impatience.Token).AsTask();
        await gated.Entered;
        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        gated.Open();
        using var target = new MemoryStream();
        await stream.CopyToAsync(target, Cancel);
        Assert.Equal(Data(First + 100), target.ToArray());
    }
}
