namespace BackupRunner.Cli;

/// <summary>
/// How far long work has come: on a terminal one line that overwrites itself, with a bar and the time left once the whole is known; elsewhere
/// a line every ten seconds.
/// </summary>
public sealed class Progress : IProgress<long>
{
    public static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan DrawInterval = TimeSpan.FromMilliseconds(200);

    const int BarWidth = 24;
    const int MostPercent = 99;
    const string ClearLine = "\r\u001b[K";

    readonly RunLog log;
    readonly TextWriter error;
    readonly bool terminal;
    readonly TimeProvider time;
    long began;
    string doing = "";
    long last;
    bool drawn;

    public Progress(RunLog log, TextWriter error, bool terminal, TimeProvider time)
    {
        (this.log, this.error, this.terminal, this.time) = (log, error, terminal, time);
        began = last = time.GetTimestamp();
        if (terminal)
            log.OnProgress(Clear);
    }

    /// <summary>All bytes that there are to do; null until, or unless, that is known.</summary>
    public long? TotalBytes { get; set; }

    /// <param name="what">Begins the line: <c>backing up</c>.</param>
    public void Begin(string what, long? totalBytes)
    {
        (doing, TotalBytes) = (what, totalBytes);
        began = last = time.GetTimestamp();
    }

    /// <summary>Also told each line, and how many percent are done, 0 to 99, where the whole is known.</summary>
    public Action<string, int?>? Told { get; set; }

    /// <summary>Work of its own within the work: disposing goes back to what was begun before, at its beginning.</summary>
    public IDisposable Phase(string what, long totalBytes)
    {
        var (before, total) = (doing, TotalBytes);
        Begin(what, totalBytes);
        return new PhaseEnd(() => Begin(before, total));
    }

    /// <param name="value">Bytes done since <see cref="Begin"/>.</param>
    public void Report(long value)
    {
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(last, now) < (terminal ? DrawInterval : LogInterval))
            return;
        last = now;
        var line = Line(value, time.GetElapsedTime(began, now));
        Told?.Invoke(line, Percent(value));
        if (!terminal)
        {
            log.Say(line);
            return;
        }
        error.Write(ClearLine + line);
        drawn = true;
    }

    public void End() => Clear();

    sealed class PhaseEnd(Action end) : IDisposable
    {
        public void Dispose() => end();
    }

    void Clear()
    {
        if (drawn)
            error.Write(ClearLine);
        drawn = false;
    }

    // The whole may be an estimate, which the work outgrows.
    int? Percent(long bytes) => TotalBytes is > 0 and var total ? (int)Math.Min(MostPercent, (decimal)bytes * 100 / total) : null;

    string Line(long bytes, TimeSpan elapsed)
    {
        var rate = bytes / Math.Max(elapsed.TotalSeconds, 0.001);
        var line = $"{doing}: {Sizes.Bytes(bytes)}, {Sizes.Bytes(rate)}/s";
        if (TotalBytes is not { } total || total < bytes || total == 0)
            return line;
        var left = TimeSpan.FromSeconds((total - bytes) / Math.Max(rate, 1));
        var filled = (int)(BarWidth * bytes / total);
        var bar = terminal ? $"[{new string('#', filled)}{new string('.', BarWidth - filled)}] " : "";
        return $"{doing}: {bar}{bytes * 100 / total} % of {Sizes.Bytes(total)}, {Sizes.Bytes(rate)}/s, {Sizes.Seconds(left)} left";
    }
}
