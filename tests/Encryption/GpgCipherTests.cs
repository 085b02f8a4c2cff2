using BackupRunner.Encryption;
using BackupRunner.Reports;
using BackupRunner.Tests.Archive;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Encryption;

/// <summary>What is written and read, against the stock gpg.</summary>
[Collection(nameof(GpgProcesses))]
public sealed class GpgCipherTests : IDisposable
{
    readonly Scratch scratch = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => scratch.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(8191)]
    [InlineData(8192)]
    [InlineData(8193)]
    [InlineData(65_536)]
    [InlineData((1 << 20) - 1)]
    [InlineData(1 << 20)]
    [InlineData((1 << 20) + 1)]
    [InlineData(5_000_000)]
    public async Task Gives_back_what_was_encrypted(int bytes)
    {
        using var key = Gpg.Key();
        var plain = Data.Random(bytes);
        var stored = await Gpg.Encrypt(key, plain);
        Assert.Equal(plain, await Gpg.Decrypt(key, stored));
        Gpg.NothingIsLeft();
    }

    [Fact]
    public async Task Takes_and_gives_64_MiB_in_odd_pieces()
    {
        using var key = Gpg.Key();
        var plain = Data.Random(64 << 20);
        var stored = new MemoryStream();
        await using (var encrypting = await new GpgCipher(key).Encrypt(stored, Cancel))
        {
            var sizes = new Random(3);
            for (var at = 0; at < plain.Length;)
            {
                var piece = Math.Min(sizes.Next(1, 3_000_000), plain.Length - at);
                await encrypting.WriteAsync(plain.AsMemory(at, piece), Cancel);
                at += piece;
            }
            await encrypting.Complete(Cancel);
        }
        stored.Position = 0;
        await using var reading = await new GpgCipher(key).Decrypt(stored, Cancel);
        var read = new byte[plain.Length];
        var sizesRead = new Random(4);
        for (var at = 0; at < plain.Length;)
        {
            var got = await reading.ReadAsync(read.AsMemory(at, Math.Min(sizesRead.Next(1, 700_000), plain.Length - at)), Cancel);
            Assert.True(got > 0);
            at += got;
        }
        Assert.Equal(0, await reading.ReadAsync(new byte[1], Cancel));
        Assert.Equal(0, await reading.ReadAsync(new byte[1], Cancel));
        Assert.True(plain.AsSpan().SequenceEqual(read));
    }

    [Fact]
    public async Task Data_that_looks_like_lines_or_ends_of_files_stays_what_it_is()
    {
        using var key = Gpg.Key();
        foreach (var plain in new[] { "\n"u8.ToArray(), "\r\n\x1a\0\n"u8.ToArray(), new byte[100_000], "-----BEGIN PGP MESSAGE-----\n\n"u8.ToArray() })
            Assert.Equal(plain, await Gpg.Decrypt(key, await Gpg.Encrypt(key, plain)));
    }

    [Fact]
    public async Task The_stock_gpg_decrypts_ours()
    {
        using var key = Gpg.Key();
        var plain = Data.Mixed(3_000_001);
        await File.WriteAllBytesAsync(scratch["stored.gpg"], await Gpg.Encrypt(key, plain), Cancel);
        Gpg.Stock(scratch, Gpg.Passphrase(key), "--decrypt --output plain stored.gpg");
        var decrypted = await File.ReadAllBytesAsync(scratch["plain"], Cancel);
        Assert.True(plain.AsSpan().SequenceEqual(decrypted));
    }

    // As docs/RECOVERY.md does it: HKDF by openssl, where a salt of 32 zeros is the empty one (RFC 5869, 2.2).
    [Fact]
    public async Task The_data_key_and_stock_tools_are_enough_to_decrypt()
    {
        using var key = DataKey.Generate();
        var plain = Data.Mixed(300_000);
        await File.WriteAllBytesAsync(scratch["stored.gpg"], await Gpg.Encrypt(key, plain), Cancel);
        Shell.Bash($$"""
            cd '{{scratch.Path}}'
            data_key={{Convert.ToHexStringLower(key.Material)}}
            zeros=0000000000000000000000000000000000000000000000000000000000000000
            passphrase=$(openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:$data_key -kdfopt hexsalt:$zeros \
                -kdfopt info:'backup-runner gpg v1' HKDF | tr -d ':\n' | tr A-F a-f)
            gpg_home=$(mktemp -d)
            printf '%s\n' "$passphrase" | gpg --homedir "$gpg_home" --batch --no-options --no-symkey-cache --pinentry-mode loopback \
                --passphrase-fd 0 --output plain --decrypt stored.gpg
            test -z "$(find "$gpg_home" -name 'S.*')" # no agent
            rm -r "$gpg_home"
            """);
        var decrypted = await File.ReadAllBytesAsync(scratch["plain"], Cancel);
        Assert.True(plain.AsSpan().SequenceEqual(decrypted));
    }

    [Theory]
    [InlineData("--cipher-algo AES256 --s2k-digest-algo SHA256 --no-symkey-cache -z 0 < plain > stored.gpg")]
    [InlineData("--cipher-algo AES256 --s2k-digest-algo SHA256 -z 0 --output stored.gpg plain")] // a file: lengths are known
    [InlineData("--compress-algo zlib < plain > stored.gpg")]
    public async Task We_decrypt_what_the_stock_gpg_encrypted(string arguments)
    {
        using var key = Gpg.Key();
        var plain = Data.Mixed(3_000_001);
        await File.WriteAllBytesAsync(scratch["plain"], plain, Cancel);
        Gpg.Stock(scratch, Gpg.Passphrase(key), "--symmetric " + arguments);
        await Gpg.DecryptsTo(plain, key, await File.ReadAllBytesAsync(scratch["stored.gpg"], Cancel));
    }

    [Fact]
    public async Task The_message_is_what_the_format_says()
    {
        using var key = Gpg.Key();
        await File.WriteAllBytesAsync(scratch["stored.gpg"], await Gpg.Encrypt(key, Data.Text(100_000)), Cancel);
        Gpg.Stock(scratch, Gpg.Passphrase(key), "--list-packets stored.gpg > packets");
        var packets = await File.ReadAllTextAsync(scratch["packets"], Cancel);
        Assert.Contains(":symkey enc packet: version 4, cipher 9, aead 0,s2k 3, hash 8", packets, StringComparison.Ordinal);
        Assert.Contains("count 65011712 (255)", packets, StringComparison.Ordinal);
        Assert.Contains("mdc_method: 2", packets, StringComparison.Ordinal);
        Assert.Contains("mode b (62)", packets, StringComparison.Ordinal);
        Assert.Contains("name=\"\"", packets, StringComparison.Ordinal);
        Assert.DoesNotContain("compressed packet", packets, StringComparison.Ordinal);
        Assert.True(new FileInfo(scratch["stored.gpg"]).Length > 100_000);
    }

    [Fact]
    public async Task The_same_data_is_never_encrypted_the_same_way()
    {
        using var key = Gpg.Key();
        var plain = Data.Random(1000);
        var (first, second) = (await Gpg.Encrypt(key, plain), await Gpg.Encrypt(key, plain));
        Assert.False(first.AsSpan(4, 8).SequenceEqual(second.AsSpan(4, 8)), "the salts are the same");
        Assert.False(first.AsSpan(40).SequenceEqual(second.AsSpan(40)), "the data are the same");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100_000)]
    public async Task Another_key_is_refused(int bytes)
    {
        using var key = Gpg.Key();
        using var other = Gpg.Key(8);
        var stored = await Gpg.Encrypt(key, Data.Random(bytes));
        var refused = await Assert.ThrowsAsync<RunnerException>(() => Gpg.Decrypt(other, stored));
        Assert.Equal(ExitCode.Integrity, refused.ExitCode);
        Assert.NotNull(refused.Hint);
        Gpg.NothingIsLeft();
    }

    [Fact]
    public async Task A_truncated_message_is_refused_wherever_it_ends()
    {
        using var key = Gpg.Key();
        var stored = await Gpg.Encrypt(key, Data.Random(40_000));
        int[] places = [0, 1, 2, 3, 5, 14, 15, 16, 17, 18, 35, 36, 40, 8192, 8207, 20_000, stored.Length - 40_000, stored.Length - 30, stored.Length - 22, stored.Length - 20, stored.Length - 1];
        foreach (var place in places)
        {
            var refused = await Assert.ThrowsAsync<RunnerException>(() => Gpg.Decrypt(key, stored[..place]));
            Assert.True(refused.ExitCode == ExitCode.Integrity, $"cut at {place}: {refused.ExitCode} {refused.Message}");
        }
        Gpg.NothingIsLeft();
    }

    [Fact]
    public async Task An_altered_message_is_refused_wherever_it_is_altered()
    {
        using var key = Gpg.Key();
        var stored = await Gpg.Encrypt(key, Data.Random(40_000));
        int[] places = [.. Enumerable.Range(0, 40), 1000, 8208, 20_000, 32_800, stored.Length - 60, .. Enumerable.Range(stored.Length - 24, 24)];
        foreach (var place in places)
        {
            var altered = stored.ToArray();
            altered[place] ^= (byte)(1 << (place % 8));
            var refused = await Assert.ThrowsAsync<RunnerException>(() => Gpg.Decrypt(key, altered));
            Assert.True(refused.ExitCode == ExitCode.Integrity, $"byte {place}: {refused.ExitCode} {refused.Message}");
        }
        Gpg.NothingIsLeft();
    }

    [Fact]
    public async Task What_gpg_would_accept_but_is_not_one_encrypted_message_is_refused()
    {
        using var key = Gpg.Key();
        var stored = await Gpg.Encrypt(key, Data.Random(1000));
        await File.WriteAllBytesAsync(scratch["plain"], Data.Random(1000), Cancel);
        Gpg.Stock(scratch, Gpg.Passphrase(key), "--store -z 0 < plain > literal.gpg");
        Gpg.Stock(scratch, Gpg.Passphrase(key), "--store --compress-algo zip < plain > compressed.gpg");
        var literal = await File.ReadAllBytesAsync(scratch["literal.gpg"], Cancel);
        byte[][] all = [[], literal, await File.ReadAllBytesAsync(scratch["compressed.gpg"], Cancel), [.. literal, .. stored], [.. stored, .. literal], [.. stored, .. stored], stored[..15]];
        for (var i = 0; i < all.Length; i++)
        {
            var refused = await Assert.ThrowsAsync<RunnerException>(() => Gpg.Decrypt(key, all[i]));
            Assert.True(refused.ExitCode == ExitCode.Integrity, $"{i}: {refused.ExitCode} {refused.Message}");
        }
    }
}
