using BackupRunner.Kube;
using BackupRunner.Policy;

namespace BackupRunner.Webhook.Recovery;

/// <summary>What is to be done about the mark of a frozen pod.</summary>
public abstract record ThawStep
{
    ThawStep()
    {
    }

    /// <summary>Nothing is frozen any more: the mark goes.</summary>
    public sealed record Void(string Why) : ThawStep;

    /// <param name="Text">The policy's command, rendered. It may hold a secret.</param>
    public sealed record Run(ExecTarget At, string Text) : ThawStep
    {
        public override string ToString() => $"{PolicyTemplates.Thaw} in {At}";
    }

    /// <summary>Only a person can do it, and the mark stays.</summary>
    public sealed record Tell(string Why) : ThawStep;
}
