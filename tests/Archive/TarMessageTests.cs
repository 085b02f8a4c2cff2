using System.Text;
using BackupRunner.Archive;

namespace BackupRunner.Tests.Archive;

public sealed class TarMessageTests
{
    [Theory]
    [InlineData("./a: file changed as we read it", "./a", "file changed as we read it", TarMessageKind.Notice)]
    [InlineData("./a: file changed as we read it: Cannot open: Permission denied", "./a: file changed as we read it", "Cannot open: Permission denied", TarMessageKind.Failure)]
    [InlineData("./a: Cannot open: x: socket ignored", "./a: Cannot open: x", "socket ignored", TarMessageKind.Notice)]
    [InlineData("./a: File shrank by 1 byte; padding with zeros", "./a", "file shrank as we read it, padded with zeros", TarMessageKind.Notice)]
    [InlineData("./a: File shrank by 4194304 bytes; padding with zeros", "./a", "file shrank as we read it, padded with zeros", TarMessageKind.Notice)]
    [InlineData("./a\\n\\377\\\\\\303\\251\\t: Cannot stat: No such file or directory", "./a\\x0a\\xff\\\\é\\x09", "Cannot stat: No such file or directory", TarMessageKind.Failure)]
    [InlineData("./a: Read error at byte 0, while reading 512 bytes: Input/output error", "./a", "Read error at byte 0, while reading 512 bytes: Input/output error", TarMessageKind.Failure)]
    [InlineData("./a: Wrote only 512 of 10240 bytes", "./a", "No space left on device", TarMessageKind.NoSpace)]
    [InlineData("./a: Cannot mkdir: No space left on device", "./a", "Cannot mkdir: No space left on device", TarMessageKind.NoSpace)]
    [InlineData("./a: Cannot write: Disk quota exceeded", "./a", "Cannot write: Disk quota exceeded", TarMessageKind.NoSpace)]
    [InlineData("./No space left on device: Cannot open: Permission denied", "./No space left on device", "Cannot open: Permission denied", TarMessageKind.Failure)]
    [InlineData("setxattrat: Cannot set 'user.x' extended attribute for file './it's': Operation not supported", "./it's", "cannot set extended attribute \"user.x\": Operation not supported", TarMessageKind.Notice)]
    [InlineData("Exiting with failure status due to previous errors", "Exiting with failure status due to previous errors", "", TarMessageKind.Summary)]
    [InlineData("something new \\9", "something new 9", "tar says", TarMessageKind.Other)]
    public void Tells_the_name_from_what_happened(string line, string name, string what, TarMessageKind kind) =>
        Assert.Equal(new TarMessage(name, what, kind), TarMessage.Parse(Encoding.Latin1.GetBytes(line)));

    [Fact]
    public void Never_fails_on_whatever_tar_may_say()
    {
        var random = new Random(3);
        string[] words = ["\\", "\\3", "\\377", ": ", "Cannot ", "file changed as we read it", "\\n", "'", "a", "\u00ff", "Wrote only 1 of 2 bytes", "setxattrat: "];
        for (var i = 0; i < 100_000; i++)
        {
            var line = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => words[random.Next(words.Length)]));
            Assert.NotNull(TarMessage.Parse(Encoding.Latin1.GetBytes(line)).Name);
        }
    }

    [Fact]
    public void Long_messages_are_not_slow()
    {
        var line = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(": Cannot open", 5000)) + ":x:");

        Assert.Equal(TarMessageKind.Other, TarMessage.Parse(line).Kind);
    }
}
