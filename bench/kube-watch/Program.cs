using System.Diagnostics;
using System.Globalization;
using BackupRunner.Kube;

// Watches the pods of the server at the address, until so many changes have come, and prints what it took.
var (server, changes) = (new Uri(args[0]), int.Parse(args[1], CultureInfo.InvariantCulture));
using var client = new KubeClient(new() { Server = server }, TimeProvider.System);
var clock = Stopwatch.StartNew();
var (synced, told, worst, sum) = (TimeSpan.Zero, 0, 0L, 0L);
var objects = 0;
await foreach (var one in client.Watch(KubeResources.Pods, null, new(), CancellationToken.None))
{
    if (one.Change == WatchChange.Synced)
        synced = clock.Elapsed;
    else if (synced == TimeSpan.Zero)
        objects++;
    else if (one.Item!.Metadata.Annotations!.TryGetValue("sent", out var sent))
    {
        // Both processes read the same monotonic clock.
        var late = (Stopwatch.GetTimestamp() - long.Parse(sent, CultureInfo.InvariantCulture)) / (Stopwatch.Frequency / 1000);
        (worst, sum) = (Math.Max(worst, late), sum + late);
        if (++told == changes)
            break;
    }
}
using var self = Process.GetCurrentProcess();
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"{objects} {synced.TotalSeconds:0.00} {told / (clock.Elapsed - synced).TotalSeconds:0} {(double)sum / told:0.0} {worst} {self.TotalProcessorTime.TotalSeconds:0.00}"));
