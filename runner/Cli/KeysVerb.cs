using System.CommandLine;

namespace BackupRunner.Cli;

/// <summary>The verbs about keys, under one name.</summary>
public static class KeysVerb
{
    public static Command Create(RunOptions options, RunnerHost host) => new VerbCommand("keys", "Make, name, exchange and count the keys of encrypted backups.", """
        Every backup has a data key of its own, which is stored beside it, wrapped by the current key of the ring: the Secret that --keys names. Its
        field "key" (the policy's keyField) is the current key, "key-ID" each of the others. Exchanging the current key needs no backup to be written
        again: only the small wrapped keys are, by "keys rewrap" or by the next backup.

        Example:
          backup-runner keys generate ring/key
        """)
    {
        KeysGenerateVerb.Create(options, host),
        KeysFingerprintVerb.Create(options, host),
        KeysAuditVerb.Create(options, host),
        KeysRewrapVerb.Create(options, host),
        KeysRecoverVerb.Create(options, host),
    };
}
