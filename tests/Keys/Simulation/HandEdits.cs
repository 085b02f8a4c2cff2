using BackupRunner.Keys;

namespace BackupRunner.Tests.Keys.Simulation;

/// <summary>What people do to Secrets by hand, short of taking the only key of a backup away.</summary>
sealed class HandEdits(Timeline time, SimulatedSecret source, IReadOnlyList<SimulatedSecret> copies, SimulatedWebhook webhook)
{
    /// <summary>Keys that became current at once, unknown to whoever had the ring mounted.</summary>
    public HashSet<KeyId> Brought { get; } = [];

    public void One()
    {
        Action[] edits = [Strip, Garble, Garble, Swap, Bring, Break, Break];
        time.Any(edits)();
        // The watch tells the webhook, soon or late.
        webhook.PassIn(time.Chance(0.5) ? time.Minutes(0, 2) : time.Hours(0, 8));
    }

    /// <summary>A tool that knows nothing of our annotations writes the Secret as it has it.</summary>
    void Strip()
    {
        source.Times.Clear();
        source.Touch();
    }

    void Garble()
    {
        var id = time.Any(source.Content!.InOrder);
        if (!source.Times.TryGetValue(id, out var times))
            return;
        source.Times[id] = time.Number(4) switch
        {
            0 => times with { Created = null },
            1 => times with { Promoted = null },
            2 => times with { Retired = null },
            _ => times with { Promoted = times.Promoted + time.Days(-50, 50), Retired = times.Retired + time.Days(-50, 50) },
        };
        source.Touch();
    }

    /// <summary>An older key becomes the current one again, at once.</summary>
    void Swap() => source.Write(source.Content! with { Current = time.Any(source.Content!.InOrder) });

    /// <summary>A key of their own as the current one; the previous stays in the ring.</summary>
    void Bring()
    {
        var id = webhook.NewKey();
        Brought.Add(id);
        source.Write(new SecretContent(id, source.Content!.Ids.Add(id)));
    }

    /// <summary>A copy loses a key, or is deleted.</summary>
    void Break()
    {
        if (copies.Count == 0 || time.Any(copies) is not { Content: { } had } copy)
            return;
        copy.TamperedUntil = TimeSpan.MaxValue;
        var others = had.InOrder.Where(id => id != had.Current).ToList();
        copy.Write(others.Count == 0 || time.Chance(0.3) ? null : had with { Ids = had.Ids.Remove(time.Any(others)) });
    }

    /// <summary>The current key of what a policy mounts is another one for minutes, then again what it was, and the webhook may not have looked.</summary>
    public void Flip(SimulatedSecret mount, TimeSpan lasts)
    {
        if (mount.Content is not { } had || source.Content is not { } ring)
            return;
        mount.Write(had with { Current = time.Any(had.InOrder.Where(ring.Ids.Contains).ToList()) });
        time.In(lasts, () =>
        {
            if (mount.Content is { } now && had.Current is { } before && now.Ids.Contains(before))
                mount.Write(now with { Current = before });
        });
    }
}
