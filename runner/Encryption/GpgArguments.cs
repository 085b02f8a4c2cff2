namespace BackupRunner.Encryption;

/// <summary>
/// gpg's arguments (docs/FORMAT.md, gpg(1)). What an administrator's /etc/gnupg/gpg.conf could change, which --no-options does not leave out, is
/// said in full.
/// </summary>
static class GpgArguments
{
    /// <summary>The most that the format can say (RFC 4880, 3.7.1.3). Without it gpg asks its agent for a number.</summary>
    const string HashedBytes = "65011712";

    public static IReadOnlyList<string> Encrypt(string home) =>
    [
        .. Common(home),
        // Not the AEAD packet of GnuPG 2.3 and later, which RFC 4880 and many readers do not know.
        "--rfc4880",
        "--no-armor", "--no-textmode", "--no-for-your-eyes-only", "--set-filename", "",
        "--compress-algo", "none", "-z", "0",
        "--cipher-algo", "AES256",
        "--s2k-mode", "3", "--s2k-digest-algo", "SHA256", "--s2k-count", HashedBytes,
        "--symmetric",
    ];

    public static IReadOnlyList<string> Decrypt(string home) => [.. Common(home), "--max-output", "0", "--decrypt"];

    // No agent is asked, so that none is started: what it would keep or ask for is said here. Nothing is written to the home.
    static IEnumerable<string> Common(string home) =>
    [
        "--homedir", home,
        "--no-options", "--batch", "--no-tty", "--quiet", "--no-autostart", "--no-keyring", "--no-random-seed-file", "--no-secmem-warning",
        "--no-symkey-cache", "--pinentry-mode", "loopback", "--passphrase-fd", "0",
        "--status-fd", "2",
        "--output", "-",
    ];
}
