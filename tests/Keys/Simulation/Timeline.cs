namespace BackupRunner.Tests.Keys.Simulation;

/// <summary>What happens when, in true time from the first day on. Chance comes from the seed alone, so that a seed always tells the same story.</summary>
sealed class Timeline(int seed)
{
    public static readonly DateTimeOffset FirstDay = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    readonly PriorityQueue<Action, (TimeSpan, long)> coming = new();
    readonly Random random = new(seed);
    long planned;

    public TimeSpan Now { get; private set; }

    public DateTimeOffset Time => FirstDay + Now;

    public bool Chance(double probability) => random.NextDouble() < probability;

    public int Number(int below) => random.Next(below);

    public T Any<T>(IReadOnlyList<T> of) => of[random.Next(of.Count)];

    public TimeSpan Between(TimeSpan from, TimeSpan to) => from + ((to - from) * random.NextDouble());

    public TimeSpan Minutes(double from, double to) => Between(TimeSpan.FromMinutes(from), TimeSpan.FromMinutes(to));

    public TimeSpan Hours(double from, double to) => Between(TimeSpan.FromHours(from), TimeSpan.FromHours(to));

    public TimeSpan Days(double from, double to) => Between(TimeSpan.FromDays(from), TimeSpan.FromDays(to));

    public void In(TimeSpan delay, Action what) => coming.Enqueue(what, (Now + delay, planned++));

    public void Run(TimeSpan until, Action after)
    {
        while (coming.TryDequeue(out var what, out var when) && when.Item1 <= until)
        {
            Now = when.Item1;
            what();
            after();
        }
    }
}
