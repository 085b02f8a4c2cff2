using System.Text;

namespace BackupRunner.Tests.Archive;

/// <summary>Seeded data, the same in every run.</summary>
static class Data
{
    const int Seed = 20261122;

    public static byte[] Random(int bytes)
    {
        var data = new byte[bytes];
        new Random(Seed).NextBytes(data);
        return data;
    }

    public static byte[] Text(int bytes)
    {
        var data = new byte[bytes];
        Text(data, new Random(Seed));
        return data;
    }

    /// <summary>Text, then random data, then zeros, over and over.</summary>
    public static byte[] Mixed(int bytes)
    {
        var data = new byte[bytes];
        var random = new Random(Seed);
        for (var at = 0; at < bytes;)
        {
            var part = data.AsSpan(at, Math.Min(random.Next(1, 200_000), bytes - at));
            switch (random.Next(3))
            {
                case 0:
                    random.NextBytes(part);
                    break;
                case 1:
                    Text(part, random);
                    break;
            }
            at += part.Length;
        }
        return data;
    }

    static void Text(Span<byte> part, Random random)
    {
        var text = new StringBuilder();
        while (text.Length < part.Length)
            text.Append(random.Next(1000)).Append(" key=value of line ");
        Encoding.ASCII.GetBytes(text.ToString(0, part.Length), part);
    }
}
