namespace BackupRunner.Names;

/// <summary>
/// How a restore Job runs <c>commands.restore</c> in a second container, which has the workload's image and the claim at the workload's path. The two meet in
/// a folder on a shared emptyDir. The runner puts <see cref="Script"/> there and then <see cref="Ready"/>; the container runs it and leaves its exit
/// code in <see cref="ExitCode"/>; a verification runs its command the same way. A container whose runner is gone gives up.
/// </summary>
public static class RestoreContainer
{
    /// <summary>The container's name in the Job's pod.</summary>
    public const string Name = "workload";

    /// <summary>The name of the container that the runner itself is in, in every pod of ours.</summary>
    public const string Runner = "runner";

    /// <summary>The folder, beside the archive.</summary>
    public const string Folder = "restore";

    /// <summary>Made by the container once it waits.</summary>
    public const string Waiting = "waiting";

    public const string Script = "script";

    public const string Ready = "ready";

    /// <summary>A file that the runner changes all the time while it lives.</summary>
    public const string Heartbeat = "heartbeat";

    /// <summary>Made by the runner when the script shall end.</summary>
    public const string Stop = "stop";

    /// <summary>Appears by a rename, with a decimal number in it.</summary>
    public const string ExitCode = "exit-code";

    /// <summary>
    /// What the container runs: <c>sh -c WRAPPER sh FOLDER</c>. Only <c>sh</c>, <c>cat</c>, <c>mv</c> and <c>sleep</c> are needed. The script's output is the
    /// container's log, its exit code the container's. It gives up (143) when <see cref="Heartbeat"/> has not changed for 60 s, or never came for ten minutes; what still
    /// runs then ends with the container, whose first process this is.
    /// </summary>
    public const string Wrapper = """
        folder=$1 beat= quiet=0 patience=600
        watch() {
            now=$(cat "$folder/heartbeat" 2>/dev/null) || now=
            if [ "$now" != "$beat" ]; then beat=$now quiet=0 patience=60; else quiet=$((quiet + 1)); fi
            [ "$quiet" -lt "$patience" ] && return 0
            echo "the runner is gone" >&2
            return 1
        }
        until [ -d "$folder" ] && echo waiting > "$folder/waiting"; do watch || exit 143; sleep 1; done
        until [ -e "$folder/ready" ]; do
            [ ! -e "$folder/stop" ] || exit 0
            watch || exit 143
            sleep 1
        done
        finish() { echo "$1" > "$folder/exit-code.part" && mv "$folder/exit-code.part" "$folder/exit-code"; }
        { sh -eu "$folder/script" < /dev/null; finish "$?"; } &
        until [ -e "$folder/exit-code" ]; do
            if [ -e "$folder/stop" ] || ! watch; then
                kill "$!" 2>/dev/null
                finish 143
                exit 143
            fi
            sleep 1
        done
        exit "$(cat "$folder/exit-code")"
        """;
}
