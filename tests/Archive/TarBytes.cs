using System.Text;

namespace BackupRunner.Tests.Archive;

/// <summary>Tar archives made by hand, right and wrong ones.</summary>
sealed class TarBytes
{
    const int BlockBytes = 512;

    readonly List<byte> bytes = [];

    public static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);

    public TarBytes Add(byte[] raw)
    {
        bytes.AddRange(raw);
        return this;
    }

    public TarBytes File(string name, string content = "data\n") => Add(Header(name, '0', content.Length)).Payload(Latin1(content));

    public TarBytes Directory(string name) => Add(Header(name, '5'));

    public TarBytes SymbolicLink(string name, string target) => Add(Header(name, '2', link: target));

    public TarBytes HardLink(string name, string target) => Add(Header(name, '1', link: target));

    public TarBytes Entry(string name, char type, string link = "") => Add(Header(name, type, link: link));

    public TarBytes Pax(char type, params (string Key, string Value)[] records)
    {
        var payload = Latin1(string.Concat(records.Select(record => Record(record.Key, record.Value))));
        return Add(Header("PaxHeaders/x", type, payload.Length)).Payload(payload);
    }

    public TarBytes Long(char type, string name) => Add(Header("././@LongLink", type, name.Length + 1, magic: "ustar  \0")).Payload(Latin1(name + "\0"));

    public TarBytes Payload(byte[] payload)
    {
        bytes.AddRange(payload);
        bytes.AddRange(new byte[(BlockBytes - (payload.Length % BlockBytes)) % BlockBytes]);
        return this;
    }

    public byte[] End() => [.. bytes.ToArray(), .. new byte[2 * BlockBytes]];

    public byte[] Cut() => bytes.ToArray();

    /// <param name="change">Changes the header before its checksum is made.</param>
    public static byte[] Header(string name, char type, long size = 0, string link = "", string magic = "ustar\000", Action<byte[]>? change = null)
    {
        var header = new byte[BlockBytes];
        Latin1(name).CopyTo(header, 0);
        Latin1("0000755\0" + "0000000\0" + "0000000\0").CopyTo(header, 100);
        Latin1(Convert.ToString(size, 8).PadLeft(11, '0') + "\0" + "14000000000\0").CopyTo(header, 124);
        header[156] = (byte)type;
        Latin1(link).CopyTo(header, 157);
        Latin1(magic).CopyTo(header, 257);
        change?.Invoke(header);
        return Seal(header);
    }

    public static byte[] Seal(byte[] header)
    {
        Latin1("        ").CopyTo(header, 148);
        Latin1(Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
        return header;
    }

    static string Record(string key, string value)
    {
        var rest = $" {key}={value}\n";
        var length = rest.Length + 1;
        while ($"{length}{rest}".Length != length)
            length++;
        return $"{length}{rest}";
    }
}
