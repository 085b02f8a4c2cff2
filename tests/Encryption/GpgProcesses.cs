namespace BackupRunner.Tests.Encryption;

/// <summary>Tests that look at all processes and homes of gpg, and so cannot run beside one another.</summary>
[CollectionDefinition(nameof(GpgProcesses), DisableParallelization = true)]
public sealed class GpgProcesses;
