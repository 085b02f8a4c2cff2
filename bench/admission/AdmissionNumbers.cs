using System.Globalization;

namespace BackupRunner.Bench;

static class AdmissionNumbers
{
    public static int Whole(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    /// <param name="sorted">Milliseconds, ascending.</param>
    public static double Percentile(double[] sorted, double part) => sorted[Math.Min(sorted.Length - 1, (int)Math.Ceiling(sorted.Length * part) - 1)];
}
