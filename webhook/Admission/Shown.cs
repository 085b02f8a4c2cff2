using System.Text;
using BackupRunner.Policy.Reading;

namespace BackupRunner.Webhook.Admission;

/// <summary>Text for a terminal: on one line, of bounded length, without anything that would act on the terminal or hide what is there.</summary>
static class Shown
{
    /// <summary>A value that somebody else wrote, in quotes.</summary>
    public static string Of(string value) => Quoted.Of(value);

    /// <summary>A message that was put together here or in the policy's parser.</summary>
    /// <param name="length">UTF-16 code units; what is longer ends in three dots.</param>
    public static string Line(string message, int length)
    {
        var line = new StringBuilder(Math.Min(message.Length, length));
        foreach (var rune in message.EnumerateRunes())
        {
            if (line.Length + rune.Utf16SequenceLength > length)
            {
                line.Length = Math.Min(line.Length, length - 3);
                if (line.Length > 0 && char.IsHighSurrogate(line[^1]))
                    line.Length--;
                return line.Append("...").ToString();
            }
            line.Append(Quoted.IsVisible(rune) ? rune.ToString() : " ");
        }
        return line.ToString();
    }
}
