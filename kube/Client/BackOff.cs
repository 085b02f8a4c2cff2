using System.Security.Cryptography;

namespace BackupRunner.Kube;

/// <summary>How long to wait before the next try.</summary>
public sealed record BackOff(TimeSpan First, TimeSpan Most)
{
    const int Steps = 1 << 20;

    /// <param name="failures">How many there were in a row; 1 or more.</param>
    /// <returns>Doubling, and each time between half and all of it: those who failed together do not come back together.</returns>
    public TimeSpan After(int failures)
    {
        var full = First * Math.Pow(2, Math.Min(failures - 1, 30));
        var bounded = full < Most ? full : Most;
        return bounded * (0.5 + RandomNumberGenerator.GetInt32(Steps) / (2.0 * Steps));
    }
}
