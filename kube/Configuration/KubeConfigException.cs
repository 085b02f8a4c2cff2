namespace BackupRunner.Kube;

/// <summary>The configuration cannot be used as it is.</summary>
public sealed class KubeConfigException(string message, Exception? inner = null) : Exception(message, inner);
