using System.Text;

namespace BackupRunner.Tests.Archive;

static class Processes
{
    /// <summary>The ids of running tars (zombies too, if they had arguments) that were given this directory.</summary>
    public static IReadOnlyList<string> With(string directory) =>
    [
        .. Directory.GetDirectories("/proc").Select(Path.GetFileName).OfType<string>()
            .Where(name => name.All(char.IsAsciiDigit) && Arguments(name).Contains("--directory=" + directory)),
    ];

    static string[] Arguments(string id)
    {
        try
        {
            return Encoding.Latin1.GetString(File.ReadAllBytes($"/proc/{id}/cmdline")).Split('\0');
        }
        catch (IOException)
        {
            return []; // ended meanwhile
        }
    }
}
