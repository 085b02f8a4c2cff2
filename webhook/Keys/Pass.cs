using BackupRunner.Kube;

namespace BackupRunner.Webhook.Keys;

/// <summary>What one pass over a source has found. Each step of it looks at everything again, so only the last one's problems count.</summary>
sealed class Pass
{
    readonly List<SecretProblem> problems = [];
    readonly List<string> done = [];
    readonly List<RingState> rings = [];
    bool failed;
    bool auditing;

    public void Begin()
    {
        problems.Clear();
        rings.Clear();
        (failed, auditing) = (false, false);
    }

    public void Add(SecretDemand demand, string problem) => problems.Add(new(demand.Workload.Id, problem));

    public void Add(RingStep step, IEnumerable<SecretDemand> demands)
    {
        rings.Add(step.State);
        auditing |= step.AuditsRun;
        if (step.IsDone)
            done.Add(step.State.Says);
        if (!step.NeedsSomebody)
            return;
        foreach (var demand in demands)
            Add(demand, step.State.Says);
    }

    public Task Try(SecretDemand demand, Func<Task> part) => Try([demand], part);

    /// <summary>What fails for some is their problem, in the server's words, and stops nobody else.</summary>
    public async Task Try(IEnumerable<SecretDemand> demands, Func<Task> part)
    {
        try
        {
            await part();
        }
        catch (KubeException e)
        {
            failed = true;
            foreach (var demand in demands)
                Add(demand, e.Message);
        }
    }

    public SecretOutcome Outcome(TimeSpan? again) => new(
        [.. problems], [.. done], [.. rings],
        auditing ? SecretTending.WhileAuditing : failed ? SecretTending.AfterFailure : again);
}
