using BackupRunner.Archive;
using BackupRunner.Keys;
using BackupRunner.Reports;

namespace BackupRunner.Encryption;

/// <summary>
/// A running gpg with a home of its own, whose next input is the data. Disposing kills it if it still runs, reaps it and removes its home.
/// </summary>
sealed class GpgRun : IAsyncDisposable
{
    const int MaximumFailure = 2;

    readonly PipedProgram program;
    readonly GpgHome home;
    readonly GpgMessages messages;

    GpgRun(PipedProgram program, GpgHome home, GpgMessages messages) => (this.program, this.home, this.messages) = (program, home, messages);

    public Stream Input => program.Input;

    public Stream Output => program.Output;

    /// <param name="arguments">Of a home.</param>
    /// <param name="passphrase">Without line end.</param>
    /// <exception cref="RunnerException">Exit 3: there is no gpg; 2: there is no folder in memory for its home.</exception>
    public static GpgRun Start(Func<string, IReadOnlyList<string>> arguments, SecretBytes passphrase)
    {
        var path = ProgramPath.Find("gpg", "gnupg", Environment.GetEnvironmentVariable("PATH"));
        var home = GpgHome.Create(GpgHome.Candidates);
        try
        {
            var messages = new GpgMessages();
            var run = new GpgRun(PipedProgram.Start(path, arguments(home.Path), environment => Adapt(environment, home.Path), messages.Add), home, messages);
            run.Tell(passphrase);
            return run;
        }
        catch
        {
            home.Dispose();
            throw;
        }
    }

    public void Kill() => program.Kill();

    /// <summary>Waits until gpg has ended, and for what it said.</summary>
    /// <exception cref="RunnerException">Exit 3: it did not encrypt all of its input; 143: it was stopped.</exception>
    public async Task RequireEncrypted(CancellationToken cancel)
    {
        var exit = await program.WaitForExit(cancel);
        cancel.ThrowIfCancellationRequested();
        PipedProgram.ThrowIfKilled("gpg", exit);
        if (exit != 0 || !messages.IsEncrypted)
            throw new RunnerException(ExitCode.Command, $"gpg failed to encrypt{Reason(exit)}");
    }

    /// <summary>Waits until gpg has ended, and for what it said.</summary>
    /// <exception cref="RunnerException">Exit 5: its input was not a whole message of this passphrase; 3: gpg itself failed; 143: it was stopped.</exception>
    public async Task RequireDecrypted(CancellationToken cancel)
    {
        var exit = await program.WaitForExit(cancel);
        cancel.ThrowIfCancellationRequested();
        PipedProgram.ThrowIfKilled("gpg", exit);
        if (exit == 0 && messages.IsDecrypted)
            return;
        throw messages.IsRefused || exit > MaximumFailure
            ? new RunnerException(ExitCode.Command, $"gpg failed{Reason(exit)}")
            : new RunnerException(
                ExitCode.Integrity, $"gpg cannot decrypt the archive{Reason(exit)}", "the stored object is damaged or cut short, or was encrypted with another key");
    }

    public async ValueTask DisposeAsync()
    {
        await program.DisposeAsync();
        home.Dispose();
    }

    // A write this small fits into the empty pipe; gpg reads it byte by byte up to the line end (g10/passphrase.c) and leaves the rest to its data.
    void Tell(SecretBytes passphrase)
    {
        using var line = new SecretBytes(passphrase.Length + 1);
        passphrase.Span.CopyTo(line.Span);
        line.Span[^1] = (byte)'\n';
        try
        {
            Input.Write(line.Span);
        }
        catch (IOException)
        {
            // gpg has ended already: whoever reads or writes next asks it why.
        }
    }

    // Nothing of the caller's: neither settings (GPG_AGENT_INFO, PINENTRY_USER_DATA and their like) nor other programs' secrets.
    static void Adapt(IDictionary<string, string?> environment, string home)
    {
        foreach (var name in environment.Keys.Where(name => name is not ("PATH" or "LD_LIBRARY_PATH")).ToList())
            environment.Remove(name);
        environment["HOME"] = environment["GNUPGHOME"] = home;
    }

    string Reason(int exit) => messages.Last is { Length: > 0 } last ? $": {last}" : $" and did not say why (it exited {exit})";
}
