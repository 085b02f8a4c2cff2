using BackupRunner.Names;

namespace BackupRunner.Cluster;

/// <summary>The path of an archive in a container, and the shell text that looks after it there. Quoted for POSIX shells.</summary>
sealed record ContainerPath(string Path)
{
    /// <summary>Stands in the command line of a process that holds a folder, and in no other's.</summary>
    const string Holds = "holds_the_archive_of_backup_runner";

    public string Checksum => Path + BackupKeys.ChecksumSuffix;

    public string Name => System.IO.Path.GetFileName(Path);

    string Folder => System.IO.Path.GetDirectoryName(Path)!;

    public string Remove => $"rm -f -- {Quoted(Path)} {Quoted(Checksum)}";

    /// <summary>POSIX df: the fourth word of the last line.</summary>
    public string FreeKilobytes => $"set -- $(df -Pk -- {Quoted(Folder)} | tail -n 1); echo \"$4\"";

    /// <summary>Prints nothing where there is no regular file.</summary>
    public string Size => $"if [ -f {Quoted(Path)} ] && [ ! -L {Quoted(Path)} ]; then wc -c < {Quoted(Path)}; fi";

    public string ReadChecksum => $"if [ -f {Quoted(Checksum)} ]; then cat -- {Quoted(Checksum)}; fi";

    /// <summary>
    /// Makes the folder, takes it for this run, says <paramref name="signal"/> and holds it until its input ends, which it does when this run does. A folder
    /// whose holder no longer runs, or whose number is another process now, was left by a container that was killed.
    /// </summary>
    public string Lock(string signal, int otherwise)
    {
        var hold = Quoted(System.IO.Path.Join(Folder, $".{Name}.lock"));
        return $$"""
            : {{Holds}}
            umask 077
            mkdir -p -- {{Quoted(Folder)}} || exit 1
            if ! mkdir -- {{hold}} 2>/dev/null; then
                [ -d {{hold}} ] || mkdir -- {{hold}} || exit 1
                holder=$(cat {{hold}}/process 2>/dev/null || echo)
                [ -n "$holder" ] || { sleep 1; holder=$(cat {{hold}}/process 2>/dev/null || echo); }
                if [ -n "$holder" ] && [ "$holder" != $$ ] && kill -s 0 "$holder" 2>/dev/null; then
                    { case $(cat "/proc/$holder/cmdline" || echo {{Holds}}) in *{{Holds}}*) exit {{otherwise}};; esac; } 2>/dev/null
                fi
            fi
            echo $$ > {{hold}}/process || exit 1
            trap 'rm -rf -- {{hold.Replace("'", "'\\''", StringComparison.Ordinal)}}' EXIT
            trap 'exit 143' TERM INT HUP
            echo {{signal}}
            while read -r rest; do :; done
            """;
    }

    static string Quoted(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
