using System.Text;
using BackupRunner.Posix;

namespace BackupRunner.Encryption;

/// <summary>
/// What a gpg says while it runs: lines for people, of which the last are kept, and its status lines (doc/DETAILS of GnuPG), because its exit code
/// is 0 also for a message that is not encrypted or ends after its first packet. To be asked once gpg has ended.
/// </summary>
sealed class GpgMessages
{
    const int KeptLines = 5;
    const int KeptBytes = 300;

    readonly Queue<string> last = new();
    bool began;
    bool okay;
    bool failed;
    int plaintexts;

    /// <summary>One message was decrypted, all of it, and its modification detection code is right.</summary>
    public bool IsDecrypted => began && okay && !failed && plaintexts == 1;

    /// <summary>A message was encrypted to its end.</summary>
    public bool IsEncrypted { get; private set; }

    /// <summary>The last lines for people, as one; empty when gpg said nothing.</summary>
    public string Last => string.Join("; ", last);

    /// <summary>gpg did not understand its arguments.</summary>
    public bool IsRefused { get; private set; }

    public void Add(byte[] line)
    {
        if (line.AsSpan().StartsWith("[GNUPG:] "u8))
            Status(Encoding.Latin1.GetString(line.AsSpan("[GNUPG:] "u8.Length)).Split(' '));
        else
            Keep(line.AsSpan().StartsWith("gpg: "u8) ? line.AsSpan("gpg: "u8.Length) : line);
    }

    void Status(string[] words)
    {
        switch (words)
        {
            case ["BEGIN_DECRYPTION", ..]:
                failed |= began;
                began = true;
                break;
            case ["PLAINTEXT", ..]:
                failed |= !began;
                plaintexts++;
                break;
            case ["DECRYPTION_OKAY", ..]:
                okay = true;
                break;
            case ["DECRYPTION_FAILED" or "BADMDC" or "NODATA" or "UNEXPECTED", ..]:
                failed = true;
                break;
            case ["END_ENCRYPTION", ..]:
                IsEncrypted = true;
                break;
            case ["FAILURE", "option-parser", ..]:
                IsRefused = true;
                break;
        }
    }

    void Keep(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty)
            return;
        if (last.Count == KeptLines)
            last.Dequeue();
        last.Enqueue(ByteName.Show(line[..Math.Min(line.Length, KeptBytes)]));
    }
}
