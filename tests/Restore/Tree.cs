using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Restore;

/// <summary>Trees of odd files, and their description: two trees are the same exactly when their descriptions are.</summary>
static class Tree
{
    /// <summary>The data that a restore replaces. Shares names with <see cref="New"/>, with other content and kinds.</summary>
    public const string Old = """
        printf 'old a' > a; chmod 4751 a; chown 12:34 a
        mkdir -p both/deep/er; printf 'old deep' > both/deep/er/file; chmod 2750 both; chown 5:6 both
        ln -s /nowhere link; printf 'was a file' > turns
        printf x > $'raw\xff\xfe name'; printf y > $'new\nline'; printf 'dash' > ./-rf; mkfifo pipe
        printf h > .hidden; touch -d '2001-02-03 04:05:06.789012345' .hidden both/deep both
        touch -d '2002-02-02 02:02:02.202020202' .; chmod 2771 .; chown 7:8 .
        setfacl -m u:99:rwx -d -m u:98:r-x .; touch -d '2002-02-02 02:02:02.202020202' .
        """;

    public const string New = """
        printf 'new a' > a; chmod 600 a
        mkdir -p both/other; printf 'new' > both/other/file; chown 9:9 both/other; ln both/other/file both/hard
        ln -s a link; mkdir turns; printf 'in a directory' > turns/file
        printf z > $'raw\xff\xfe name'; printf 'only new' > $'\x80only'; printf n > "name with space"
        touch -d '2011-02-03 04:05:06.789012345' a both turns
        chmod 1755 .; chown 3:4 .; setfacl -m g:77:r-x .; setfattr -n trusted.mark -v new .; touch -d '2012-02-02 02:02:02.212121212' .
        """;

    public static void Make(string directory, string script)
    {
        Directory.CreateDirectory(directory);
        // What has no time of its own gets one: two trees of one script are the same.
        Shell.Bash($"cd {directory}; umask 022; {script}\nfind . -mindepth 1 -newermt 2020-01-01 -exec touch -hd '2019-01-01 01:01:01.123456789' {{}} +");
    }

    /// <summary>Copies a tree, so that both describe alike.</summary>
    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        Shell.Run("cp", "-a", from + "/.", to);
    }

    /// <param name="rootTime">With the root's own time of modification.</param>
    public static string Describe(string directory, bool rootTime = true) => Shell.Bash($"""
        cd {directory}
        {Hash}
        find . -maxdepth 0 -printf '%m %U:%G {(rootTime ? "%T@" : "")}\n'
        getfattr -dm - -e hex .
        """);

    /// <summary>All but the root itself: names, kinds, modes, owners, times, links, ACLs and contents, as GNU tar archives them.</summary>
    public static string Entries(string directory) => Shell.Bash($"cd {directory}; {Hash}");

    const string Hash = """
        find . -name .backup-restore -prune -o -name lost+found -prune -o -mindepth 1 -printf '%P\0' | LC_ALL=C sort -z |
            tar --null --verbatim-files-from --no-recursion --acls --xattrs --numeric-owner --format=posix \
                --pax-option=delete=atime,delete=ctime,exthdr.name=x -cf - -T - | sha256sum| sha256sum
        """;
}
