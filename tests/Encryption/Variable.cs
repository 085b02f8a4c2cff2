namespace BackupRunner.Tests.Encryption;

/// <summary>An environment variable of this process, as long as a test wants it. Only for tests that run beside no other.</summary>
sealed class Variable : IDisposable
{
    readonly string name;
    readonly string? before;

    public Variable(string name, string? value)
    {
        this.name = name;
        before = Environment.GetEnvironmentVariable(name);
        Environment.SetEnvironmentVariable(name, value);
    }

    public void Dispose() => Environment.SetEnvironmentVariable(name, before);
}
