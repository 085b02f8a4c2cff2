namespace BackupRunner.Kube;

/// <param name="Command">The program and its arguments; no shell reads them.</param>
public sealed record ExecRequest(string Namespace, string Pod, string Container, IReadOnlyList<string> Command)
{
    /// <summary>The command reads what is written; without it, its input is empty.</summary>
    public bool Input { get; init; }
}
