namespace BackupRunner.Kube;

/// <summary>The Lease is not ours any more.</summary>
public sealed class LeaseLostException(string message) : Exception(message);
