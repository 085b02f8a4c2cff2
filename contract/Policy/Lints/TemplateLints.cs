using BackupRunner.Policy.Shell;

namespace BackupRunner.Policy.Lints;

/// <summary>Warnings about the shell text of a command template; comments and quoted text are no commands.</summary>
static class TemplateLints
{
    public static IEnumerable<PolicyLint> For(PolicyTemplate template)
    {
        var script = ShellScanner.Scan(template.Text);
        List<ShellCommand> commands = [.. script.All()];
        if (LastSaveLint.Fires(commands))
            yield return new PolicyLint("lastsave-compared-with-itself", template.Path,
                "compares two calls of LASTSAVE with each other; both give the same second, so the loop does not see the save end. "
                + "Keep the value from before BGSAVE in a variable and compare with that");
        if (RemoveLint.Fires(commands))
            yield return new PolicyLint("rm-leaves-dot-files", template.Path,
                "empties a folder with rm -r and \"/*\", which leaves names that begin with a dot; use find FOLDER -mindepth 1 -delete");
        // What a verification shuts down it has started itself, beside the workload.
        if (template.Path != PolicyTemplates.Verification && ShutdownLint.Fires(commands))
            yield return new PolicyLint("shutdown-by-exec", template.Path,
                "has SHUTDOWN; in the workload's own container it ends the container that the script runs in, "
                + "and for a restore the workload is stopped already. Remove it");
        // A hold is meant to stay in the foreground.
        if (template.Path != PolicyTemplates.Hold && ForegroundLint.Fires(script))
            yield return new PolicyLint("ends-in-foreground-server", template.Path,
                "ends in a server in the foreground, so that the script never ends and runs into its timeout; "
                + "the workload is started again after the script. Remove it");
    }
}
