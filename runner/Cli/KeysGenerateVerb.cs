using System.CommandLine;
using BackupRunner.Keys;
using BackupRunner.Reports;

namespace BackupRunner.Cli;

public static class KeysGenerateVerb
{
    public static Command Create(RunOptions options, RunnerHost host)
    {
        var file = new Argument<string>("FILE") { Description = "The file to write; there must be none." };
        var command = new VerbCommand("generate", "Make a new key.", """
            Writes 32 random bytes as 64 hex digits, for this user alone (mode 0600), and prints the key's id. Keep a copy away from the cluster: who
            loses all keys of a ring, and has no recoveryPublicKey in the policy, loses the backups.

            Examples:
              backup-runner keys generate backup.key
              kubectl create secret generic backup-key --from-file=key=backup.key
            """)
        {
            file, options.Output,
        };
        var id = "";
        command.SetAction((call, cancel) => new VerbRun(options, host).Of(
            "keys generate", call,
            (_, _) =>
            {
                id = Generate(RunOptions.NotEmpty("FILE", call.GetValue(file)!)).Text;
                return Task.CompletedTask;
            },
            (_, to) => to.WriteLine($"key {id} is in {call.GetValue(file)}"),
            () => KeyJson.Of(id),
            cancel));
        return command;
    }

    static KeyId Generate(string path)
    {
        if (path == "-")
            throw new RunnerException(ExitCode.Usage, "a key is not written to standard output, where it may be shown or logged", "name a file");
        using var key = new KeyEncryptionKey(SecretBytes.Random(KeyEncryptionKey.Bytes));
        using var text = new SecretBytes((2 * KeyEncryptionKey.Bytes) + 1);
        Convert.TryToHexStringLower(key.Material, text.Span, out _);
        text.Span[^1] = (byte)'\n';
        var isOurs = false;
        try
        {
            using var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                BufferSize = 0,
            });
            isOurs = true;
            file.Write(text.Span);
            file.Flush(flushToDisk: true);
            return key.Id;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            if (isOurs)
                File.Delete(path);
            var why = !isOurs && Path.Exists(path) ? "it is there already, and a key is never replaced" : failure.Message.TrimEnd('.');
            throw new RunnerException(ExitCode.Usage, $"cannot make the key \"{path}\": {why}", "name a file that does not exist, in a folder that does; docs/POLICY.md says how the key of a ring is exchanged", failure);
        }
    }
}
