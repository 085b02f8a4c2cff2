using System.Net.Sockets;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Archive;

/// <summary>A directory with everything that a Linux file system can hold and a backup must carry. Needs root.</summary>
public static class OddTree
{
    /// <summary>The file in the tree that is 1 GiB long and takes 8 KiB.</summary>
    public const string SparseFile = "sparse/gigabyte";

    /// <summary>Sockets and device nodes, which no archive of ours holds.</summary>
    public static IReadOnlyList<string> LeftOut { get; } = ["special/socket", "special/null", "special/null-again"];

    /// <summary>Fills an existing, empty directory.</summary>
    public static void Build(string path)
    {
        Shell.Bash($"cd '{path}'\n{Script}");
        // The framework removes a socket's file when it closes it, but only under the name that it was bound to.
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(path, "s")));
            File.Move(Path.Combine(path, "s"), Path.Combine(path, "special/socket"));
        }
        Shell.Bash($"cd '{path}'\n{Times}");
    }

    /// <summary>
    /// Everything that must survive, as text: names, types, modes, numeric owners, sizes, disk blocks of files, link targets and counts,
    /// nanoseconds of the modification
    /// time, hard links, content, extended attributes, ACLs. Two trees are equal when their texts are.
    /// </summary>
    public static string Fingerprint(string path) => Shell.Bash($"""
        cd '{path}'
        # Blocks that are not written yet are not counted yet.
        sync -f .
        export LC_ALL=C
        kept() {"{"} find . -mindepth 1 ! -type s ! -type b ! -type c "$@"; {"}"}
        echo "# entries"
        (find . -maxdepth 0 -printf '%p|%y|%m|%U|%G|%T@\0'
         kept ! -type d -printf '%p|%y|%m|%U|%G|%s|%b|%n|%T@|%l\0'
         kept -type d -printf '%p|%y|%m|%U|%G|%T@\0') | sort -z | tr '\n\0' '\1\n' | cat -v
        echo "# hard links"
        kept -type f -links +1 -printf '%i %p\0' | tr '\n\0' '\1\n' | sort |
            awk '{"{"}inode = $1; sub(/^[0-9]+ /, ""); names[inode] = names[inode] " | " $0{"}"} END {"{"}for (inode in names) print names[inode]{"}"}' | sort | cat -v
        echo "# content"
        kept -type f -size -64M -print0 | sort -z | xargs -0 -r sha256sum -z | tr '\n\0' '\1\n' | cat -v
        # The data of a huge file with the places where it stands, instead of reading through its holes.
        kept -type f -size +63M -print0 | sort -z | tar --create --sparse --format=gnu --mtime=@0 --null --files-from=- 2>/dev/null | sha256sum
        echo "# attributes"
        find . ! -type s ! -type b ! -type c -print0 | sort -z | xargs -0 -r getfattr -h -d -m - -e hex --absolute-names -- |
            awk '/^#/ {"{"}file = $0; next{"}"} NF {"{"}print file " " $0{"}"}' | sort
        echo "# acls"
        find . ! -type l ! -type s ! -type b ! -type c -print0 | sort -z | xargs -0 -r getfacl -n -p --
        """);

    const string Script = """
        umask 022
        mkdir empty plain links sparse special names modes attributes acl deep times owners
        head -c 300000 /dev/urandom > plain/random
        seq 100000 > plain/numbers
        : > plain/nothing
        head -c 1048576 /dev/zero > plain/zeros

        echo one > links/original
        ln links/original links/second
        ln links/original plain/third
        ln -s original links/relative
        ln -s nowhere/at/all links/dangling
        ln -s /etc/passwd links/absolute
        ln -s ../plain links/to-directory
        ln -s ../../../../../../etc links/outside
        ln -s "$(printf 'x%.0s' {1..4000})" links/long-target
        ln -s links/dangling links/to-symlink
        ln links/dangling links/hard-link-to-symlink

        truncate -s 1G sparse/gigabyte
        printf start | dd of=sparse/gigabyte conv=notrunc status=none
        printf middle | dd of=sparse/gigabyte bs=1 seek=700000000 conv=notrunc status=none
        truncate -s 10M sparse/all-hole
        printf end > sparse/hole-then-data && truncate -s 0 sparse/hole-then-data && printf end | dd of=sparse/hole-then-data bs=1 seek=5000000 status=none
        for i in $(seq 0 40); do printf "$i" | dd of=sparse/many-holes bs=1 seek=$((i * 131072)) conv=notrunc status=none; done

        mkfifo -m 0620 special/fifo
        mknod special/null c 1 3
        ln special/null special/null-again

        cd names
        echo 1 > ' leading and trailing '
        echo 2 > $'new\nline'
        echo 3 > 'back\slash\n\x41'
        echo 4 > "quotes'\"\`\$HOME"
        echo 5 > 'colon: Cannot open: Permission denied'
        echo 6 > $'latin1-\xe9\xff'
        echo 7 > $'utf8-\xe5\xa4\x87\xe4\xbb\xbd'
        echo 8 > ./-rf
        echo 9 > ./--exclude=x
        echo 10 > '*'
        echo 11 > '[!a]?'
        echo 12 > $'control-\x01\x1b[31m\x7f'
        echo 13 > $'\xff'
        echo 14 > ...
        echo 15 > .hidden
        echo 16 > 'tilde~'
        echo 17 > "$(printf 'n%.0s' {1..255})"
        echo 18 > $'\xe9'"$(printf 'b%.0s' {1..254})"
        mkdir $'directory\n\xfe' && echo 19 > $'directory\n\xfe/inside'
        ln -s $'to\n\xff' $'symlink\xfe'
        ln $'\xff' $'hard-link-\xff'
        cd ..

        cp /bin/true modes/setuid && chmod 4755 modes/setuid
        cp /bin/true modes/setgid && chmod 2755 modes/setgid
        mkdir modes/sticky modes/setgid-directory modes/closed modes/write-only
        echo in > modes/closed/in
        chmod 1777 modes/sticky
        chmod 2775 modes/setgid-directory
        echo none > modes/none && chmod 000 modes/none
        echo read > modes/read-only && chmod 444 modes/read-only
        chmod 000 modes/closed
        chmod 300 modes/write-only

        echo a > attributes/user && setfattr -n user.comment -v 'a b' attributes/user && setfattr -n user.binary -v 0x00ff0a3d attributes/user
        echo b > attributes/trusted && setfattr -n trusted.secret -v t attributes/trusted
        cp /bin/true attributes/capability && setcap cap_net_raw,cap_net_bind_service+ep attributes/capability
        echo c > attributes/large && setfattr -n user.large -v "$(printf 'v%.0s' {1..2000})" attributes/large
        mkdir attributes/directory && setfattr -n user.d -v d attributes/directory
        ln -s user attributes/symlink && setfattr -h -n trusted.on-symlink -v s attributes/symlink
        cp /bin/true attributes/owned-capability && chown 1234:1234 attributes/owned-capability && chmod 4750 attributes/owned-capability
        setcap cap_chown+ep attributes/owned-capability

        echo a > acl/file && setfacl -m u:5:rwx,g:7:r,u:54321:- acl/file
        mkdir acl/default && setfacl -d -m u:5:rwx,g:54321:rx,o::- acl/default
        echo i > acl/default/inherits && chmod 640 acl/default/inherits
        echo n > acl/default/none && setfacl -b acl/default/none
        mkdir acl/default/sub acl/default/plain && setfacl -b acl/default/plain
        mkfifo acl/default/fifo
        echo s > acl/setuid && setfacl -m u:6:rx acl/setuid && chmod 6755 acl/setuid

        (cd deep; name=$(printf 'd%.0s' {1..150}); for i in {1..20}; do mkdir "$name" && cd "$name"; done
         echo deep > file; ln file hard-link; ln -s file symlink; setfattr -n user.deep -v 1 file)
        (cd deep; name=$(printf '\xe9%.0s' {1..255}); for i in {1..5}; do mkdir "$name" && cd "$name"; done; echo deep > $'\xff')
        mkdir -p deep/a/b/c/d/e/f/g/h

        for i in {1..30}; do echo "$i" > times/$i; done
        mkfifo times/fifo
        ln -s x times/symlink

        echo o > owners/number && chown 4000000000:3999999999 owners/number
        echo o > owners/middle && chown 2097151:2097152 owners/middle
        mkdir owners/directory && chown 1001:1002 owners/directory
        ln -s x owners/symlink && chown -h 1003:1004 owners/symlink
        """;

    // Last, because making an entry changes its directory's time.
    const string Times = """
        touch -d '1965-03-02 01:02:03.123456789 UTC' times/1
        touch -d '1969-12-31 23:59:59.999999999 UTC' times/2
        touch -d '1970-01-01 00:00:00 UTC' times/3
        touch -d '2038-01-19 03:14:08.5 UTC' times/4
        touch -d '2199-01-01 00:00:00.000000001 UTC' times/5
        touch -d '2001-02-03 04:05:06.100000000 UTC' times/6
        touch -h -d '1999-09-09 09:09:09.090909090 UTC' times/symlink
        touch -d '1998-08-08 08:08:08.080808080 UTC' times/fifo
        touch -d '1960-01-01 00:00:00.000000001 UTC' times
        chmod 0751 .
        touch -d '2020-02-20 20:20:20.202020202 UTC' .
        """;
}
