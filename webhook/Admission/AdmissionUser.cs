namespace BackupRunner.Webhook.Admission;

/// <summary>Who asks: a person or a service account, as the API server authenticated him.</summary>
public sealed record AdmissionUser
{
    public string Name { get; init; } = "";

    public string? Uid { get; init; }

    public IReadOnlyList<string> Groups { get; init; } = [];

    public IReadOnlyDictionary<string, List<string>> Extra { get; init; } = new Dictionary<string, List<string>>();
}
