using BackupRunner.Policy;

namespace BackupRunner.Tests.Keys.Simulation;

/// <summary>A key Secret that several policies share, its copies, and years of backups by it.</summary>
sealed class SimulatedCluster
{
    readonly Timeline time;
    readonly Trouble trouble;
    readonly SimulatedSecret source;
    readonly List<SimulatedSecret> copies;
    readonly List<SimulatedPolicy> policies = [];
    readonly List<SimulatedSeries> series = [];
    string seen = "";
    int moves;
    readonly List<SimulatedLocation> locations = [new("s3://a/x"), new("s3://a/y")];

    public SimulatedCluster(int seed, Trouble trouble)
    {
        time = new Timeline(seed);
        this.trouble = trouble;
        source = new SimulatedSecret(time, "base");
        copies = [.. new[] { "red", "blue" }.Take(time.Number(3)).Select(space => new SimulatedSecret(time, space))];
        foreach (var mount in copies.Prepend(source))
            AddPolicy(mount);
        Runner = new SimulatedRunner(time, trouble);
        Webhook = new SimulatedWebhook(time, trouble, source, copies, policies);
        Edits = new HandEdits(time, source, copies, Webhook);
        Webhook.Promoted += WithdrawAtOnce;
        Webhook.Audited += FlipUnseen;
    }

    public SimulatedWebhook Webhook { get; }

    public SimulatedRunner Runner { get; }

    public HandEdits Edits { get; }

    public int MostKeys { get; private set; }

    public SecretContent Ring => source.Content!;

    public TimeSpan Interval => policies.Where(policy => policy.Rotation.Enabled).Min(policy => policy.Rotation.Interval);

    /// <summary>The current one, the next, those within their retention, and those that wait for a night, a run of four days and an audit.</summary>
    public int KeysInUse => 2 + (int)Math.Ceiling((policies.Max(policy => policy.Rotation.KeepOldKeys ? policy.Rotation.OldKeysRetention : TimeSpan.Zero) + TimeSpan.FromDays(7)) / Interval);

    public void Run(int days)
    {
        Webhook.Restart();
        foreach (var claim in series)
            time.In(time.Days(0, 1), () => Night(claim));
        Daily();
        time.Run(TimeSpan.FromDays(days), Check);
    }

    void AddPolicy(SimulatedSecret mount)
    {
        var rotation = new KeyRotationPolicy
        {
            Enabled = mount == source || time.Chance(0.5),
            Interval = TimeSpan.FromDays(time.Any([1, 3, 7, 20])),
            KeepOldKeys = time.Chance(0.3),
            OldKeysRetention = TimeSpan.FromDays(time.Any([1, 7])),
        };
        var location = time.Any(locations);
        var policy = new SimulatedPolicy(mount.Namespace, mount, time.Any([1, 2, 7]), TimeSpan.FromDays(time.Any([1, 10, 30]))) { Rotation = rotation, Location = location, Told = location };
        policies.Add(policy);
        series.Add(new SimulatedSeries(policy));
        if (time.Chance(0.5))
            series.Add(new SimulatedSeries(policy));
    }

    void Night(SimulatedSeries claim)
    {
        if (!time.Chance(trouble.MissedNights))
            Runner.BackUp(claim);
        else if (time.Chance(0.5))
            Runner.RewrapAll(claim);
        time.In(time.Hours(23, 25), () => Night(claim));
    }

    /// <summary>Somebody wants the old key out of use at once, and rewraps or deletes what it opens, while other runs begin with what they have mounted.</summary>
    void WithdrawAtOnce()
    {
        if (time.Chance(0.5))
            return;
        var (soon, wipes) = (time.Any([1, 3, 9]), time.Chance(0.5));
        foreach (var claim in series)
        {
            var minute = time.Minutes(0, soon);
            time.In(minute, () => Withdraw(claim, wipes));
            if (time.Chance(0.7))
                time.In(minute + time.Minutes(0, soon), () => Runner.BackUp(claim));
        }
    }

    void Withdraw(SimulatedSeries claim, bool wipes)
    {
        if (wipes && !claim.IsLeased)
            claim.Policy.Told.Backups.RemoveAll(backup => backup.Series == claim);
        else
            Runner.RewrapAll(claim);
    }

    /// <summary>Between a listing and what is concluded from it, a run begins with another key.</summary>
    void FlipUnseen()
    {
        if (!time.Chance(trouble.Flips))
            return;
        var claim = time.Any(series);
        Edits.Flip(claim.Policy.Mount, time.Minutes(2, 6));
        time.In(time.Minutes(1, 4), () => Runner.BackUp(claim));
    }

    void Daily()
    {
        time.In(TimeSpan.FromDays(1), Daily);
        foreach (var location in locations.Where(location => location.IsWritable && time.Chance(trouble.UnwritableWeeks)))
        {
            location.IsWritable = false;
            time.In(time.Days(1, 30), () => location.IsWritable = true);
        }
        if (!Webhook.IsAway && time.Chance(trouble.WebhookOutages))
        {
            Webhook.Leave();
            time.In(time.Chance(0.5) ? time.Minutes(0, 30) : time.Days(0, 20), Webhook.Restart);
        }
        if (Webhook.WrongBy == TimeSpan.Zero && time.Chance(trouble.WebhookClocks))
        {
            Webhook.WrongBy = time.Days(-10, 10);
            time.In(time.Days(0, 2), () => Webhook.WrongBy = TimeSpan.Zero);
        }
        if (source.Content is not null && time.Chance(trouble.HandEdits))
            time.In(time.Days(0, 1), Edits.One);
        if (time.Chance(trouble.Moves))
            Move(time.Any(policies));
    }

    /// <summary>A policy goes on in another bucket. Weeks later somebody empties the one that nothing uses any more, and says so in the annotation.</summary>
    void Move(SimulatedPolicy policy)
    {
        var left = policy.Location;
        locations.Add(policy.Location = new SimulatedLocation($"s3://new/{++moves}"));
        Webhook.TellIn(time.Minutes(0, 1));
        // And on to the next before anything else has looked.
        if (time.Chance(0.3))
            time.In(time.Hours(0, 8), () => Move(policy));
        time.In(time.Days(10, 100), () =>
        {
            if (policies.Any(policy => policy.Location == left || policy.Told == left) || left.Backups.Any(backup => backup.Series.IsLeased))
                return;
            left.Backups.Clear();
            source.Locations.Remove(left.Name);
            source.Touch();
        });
    }

    /// <summary>Every complete backup opens with the ring and with what its own runs mount.</summary>
    void Check()
    {
        if (source.Content is not { } ring)
            return;
        MostKeys = Math.Max(MostKeys, ring.Ids.Count);
        var secrets = string.Join(' ', copies.Prepend(source).Select(secret => secret.Version));
        foreach (var location in locations)
        {
            foreach (var backup in (secrets == seen ? location.Changed : location.Backups).Where(backup => backup.IsComplete))
                Check(backup, ring);
            location.Changed.Clear();
        }
        seen = secrets;
    }

    void Check(SimulatedBackup backup, SecretContent ring)
    {
        var mount = backup.Series.Policy.Mount;
        if (!backup.Wraps.Any(ring.Ids.Contains))
            throw Lost(backup, "the Secret", ring);
        if (mount.TamperedUntil > time.Now)
            return;
        if (!backup.Wraps.Any(mount.Content!.Ids.Contains))
            throw Lost(backup, $"the Secret in \"{mount.Namespace}\"", mount.Content);
        if (mount.Oldest is { } oldest && !backup.Wraps.Any(oldest.Ids.Contains) && !backup.Wraps.Overlaps(Edits.Brought))
            throw Lost(backup, $"the mount of two minutes ago in \"{mount.Namespace}\"", oldest);
    }

    InvalidOperationException Lost(SimulatedBackup backup, string where, SecretContent ring) => new(
        $"day {time.Now.TotalDays:0.000}: backup \"{backup.Kept.Id}\" needs {string.Join(" or ", backup.Wraps)}; {where} has {string.Join(", ", ring.Ids)}");
}
