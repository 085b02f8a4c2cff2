using System.Globalization;
using BackupRunner.Kube;
using BackupRunner.Names;

namespace BackupRunner.Webhook.Recovery;

/// <summary>What a Lease of ours says, and whether anybody lives who holds it.</summary>
public sealed record LeaseFacts
{
    /// <summary>Characters, of a claim's name.</summary>
    const int LongestWord = 253;

    /// <summary>Released, or not renewed for its whole duration by our own clock.</summary>
    public bool IsFree { get; init; }

    /// <summary>Of the workload's restores; otherwise of one claim's runs.</summary>
    public bool IsRestore { get; init; }

    /// <summary>The text of the mark of a frozen pod; null: none.</summary>
    public string? Frozen { get; init; }

    /// <summary>A restore has stopped the workload, which had so many replicas. The text as it stands; null: none has.</summary>
    public string? Replicas { get; init; }

    /// <summary>When the restore itself started the workload again; null: it has not, or the note cannot be read.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>The workload that the restore has stopped shall run, and it is not the restore that has just started it.</summary>
    public bool IsInUse { get; init; }

    /// <summary>The claim that is restored.</summary>
    public string? Claim { get; init; }

    /// <summary>The backup whose <c>commands.restore</c> was begun and did not end well.</summary>
    public string? Script { get; init; }

    /// <summary>Jobs that were made to finish this restore.</summary>
    public int Resumes { get; init; }

    /// <summary>There is a note of such Jobs.</summary>
    public bool HasResumes { get; init; }

    /// <param name="isDead">Its holder was watched for long enough.</param>
    public static LeaseFacts Of(Lease lease, bool isRestore, bool isDead)
    {
        string? Note(string key) => lease.Metadata.Annotations?.GetValueOrDefault(key) is { Length: > 0 } value ? value : null;
        // They come into messages.
        string? Word(string key) => Note(key) is { } value ? value[..Math.Min(value.Length, LongestWord)] : null;
        return new()
        {
            IsFree = isDead || LeaseHolding.Of(lease).IsFree,
            IsRestore = isRestore,
            Frozen = isRestore ? null : Note(LeaseNotes.Frozen),
            Replicas = isRestore ? Word(LeaseNotes.Replicas) : null,
            Started = DateTimeOffset.TryParse(Note(LeaseNotes.Started), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var started) ? started : null,
            Claim = Word(LeaseNotes.Claim),
            Script = Word(LeaseNotes.Script),
            Resumes = int.TryParse(Note(LeaseNotes.Resumes), NumberStyles.None, CultureInfo.InvariantCulture, out var resumes) ? resumes : 0,
            HasResumes = isRestore && Note(LeaseNotes.Resumes) is not null,
        };
    }
}
