using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using BackupRunner.Encryption;
using BackupRunner.Keys;
using BackupRunner.Reports;

namespace BackupRunner.Cli;

public static class KeysFingerprintVerb
{
    const string StandardInput = "-";

    public static Command Create(RunOptions options, RunnerHost host)
    {
        var file = new Argument<string>("FILE") { Description = "The file with the key; \"-\" is standard input." };
        var command = new VerbCommand("fingerprint", "Print the id of a key.", """
            The id is the first 16 hex digits of the SHA-256 of the key's 32 bytes. It names the key in reports, in stored paths (keys/ID.json) and in
            the ring's fields, and tells nothing about it. A key is 32 bytes as they are, or 64 hex digits or base64 of them, with any white space.

            Examples:
              backup-runner keys fingerprint backup.key
              kubectl get secret backup-key -o jsonpath='{.data.key}' | base64 -d | backup-runner keys fingerprint -
            """)
        {
            file, options.Output,
        };
        var id = "";
        command.SetAction((call, cancel) => new VerbRun(options, host).Of(
            "keys fingerprint", call,
            (_, _) =>
            {
                id = Fingerprint(RunOptions.NotEmpty("FILE", call.GetValue(file)!)).Text;
                return Task.CompletedTask;
            },
            (_, to) => to.WriteLine(id),
            () => KeyJson.Of(id),
            cancel));
        return command;
    }

    static KeyId Fingerprint(string path)
    {
        if (!KeyFile.TryRead(path == StandardInput ? "/dev/stdin" : path, out var key, out var problem))
            throw new RunnerException(ExitCode.Integrity, $"\"{path}\" is no key: it {problem}", KeyFile.Hint);
        using (key)
            return key.Id;
    }
}

/// <param name="KeyId">16 hex digits.</param>
sealed record NamedKey(string KeyId);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(NamedKey))]
sealed partial class KeyJson : JsonSerializerContext
{
    public static string Of(string id) => JsonSerializer.Serialize(new NamedKey(id), Default.NamedKey);
}
