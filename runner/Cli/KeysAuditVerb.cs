using System.CommandLine;
using BackupRunner.Backups;
using BackupRunner.Reports;

namespace BackupRunner.Cli;

public static class KeysAuditVerb
{
    const int ShownKeys = 5;

    static readonly string[] Header = ["KEY ID", "WRAPS", "IN THE RING"];

    public static Command Create(RunOptions options, RunnerHost host)
    {
        var command = new VerbCommand("audit", "Show which keys the stored backups still need, and which of them the ring has.", """
            Lists everything below the policy's prefix, of all clusters and series, also of runs that are not complete, and reads nothing but names. A
            key that is not in the list may leave the ring, if the listing began after every run that may have used it had read a newer ring. A key
            that is "missing" opens backups that nobody can restore with this ring: put it back as the field "key-ID".

            With --below only some of it is listed: which keys the backups of one cluster, namespace or workload need, and nothing about whether a key
            may leave a ring.

            Examples:
              backup-runner keys audit --policy policy.yaml --keys ring
              backup-runner keys audit --store /tmp/backups --keys ring --output json
            """)
        {
            options.Policy, options.Store, options.Credentials, options.Keys, options.Below, options.Report, options.Output,
        };
        command.SetAction((call, cancel) => new VerbRun(options, host).Of("keys audit", call, Audit, Print, json: null, cancel));
        return command;
    }

    static async Task Audit(RunContext run, CancellationToken cancel)
    {
        var setup = run.Setup;
        var ring = setup.Keys is null ? null : run.RequiredRing;
        var below = run.Option(all => all.Below).Select(Folder).ToList();
        run.Audit = await KeysInUse.Audit(setup.Store, setup.Prefix, ring, below, run.Host.Time.GetUtcNow(), cancel);
        if (run.Audit.Backups == 0)
            run.Log.Warn($"no backup lies below {(below.Count == 0 ? "" : string.Join(", ", below.Select(path => $"\"{path}\"")) + " of ")}the prefix \"{setup.Prefix}\" of {setup.Store.Address}: is that where they are");
        var missing = run.Audit.Keys.Where(key => key.Ring == ReportedKey.Missing).ToList();
        if (missing.Count > 0)
        {
            run.Log.Warn(
                $"{missing.Count} keys that wrap data keys are not in the ring, among them {string.Join(", ", missing.Take(ShownKeys).Select(key => key.KeyId))}: "
                + "without them, or another wrap, their backups cannot be restored");
        }
    }

    static string Folder(string path) =>
        path.Split('/').All(segment => segment is not ("" or "." or ".."))
            ? path
            : throw new RunnerException(ExitCode.Usage, $"--below \"{path}\" is no path below the prefix", "such as cluster/namespace/statefulset.redis, without slashes at its ends");

    static void Print(RunContext run, TextWriter to)
    {
        var keys = run.Audit!.Keys;
        if (keys.Count == 0)
            to.WriteLine("no backup needs a key");
        else
            Table.Write(to, Header, [.. keys.Select(key => (string[])[key.KeyId, key.Wraps.ToString((IFormatProvider?)null), key.Ring ?? "?"])]);
    }
}
