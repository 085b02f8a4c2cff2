namespace BackupRunner.Archive;

/// <summary>How GNU tar is called (1.29 and later know all of this).</summary>
public static class TarArguments
{
    // 64 KiB a write instead of 10 KiB.
    const string Blocking = "--blocking-factor=128";

    // Not all attributes: labels of a host's own security module (selinux, ima, evm) mean nothing elsewhere. ACLs are kept as the kernel
    // keeps them, by
    // number; --acls would store user names and look them up where the archive is extracted.
    static readonly string[] attributes =
    [
        "--xattrs",
        "--xattrs-include=user.*",
        "--xattrs-include=trusted.*",
        "--xattrs-include=security.capability",
        "--xattrs-include=system.posix_acl_*",
    ];

    static readonly string[] common = [Blocking, "--numeric-owner", "--quoting-style=escape", .. attributes];

    public static IReadOnlyList<string> Create(string directory, IReadOnlyList<string> exclude) =>
    [
        "--create", "--file=-", "--format=posix", "--sparse",
        "--pax-option=delete=atime,delete=ctime,exthdr.name=%d/PaxHeaders/%f",
        .. common,
        "--anchored", "--no-wildcards",
        .. ExtractRules.Reserved.Select(name => "--exclude=./" + name),
        .. exclude.SelectMany(ExcludePattern.ToTar),
        "--directory=" + Path.GetFullPath(directory),
        ".",
    ];

    public static IReadOnlyList<string> Extract(string directory, bool setOwner) =>
    [
        "--extract", "--file=-",
        .. common,
        "--same-permissions",
        setOwner ? "--same-owner" : "--no-same-owner",
        // Directories get their modes and times after everything below them, also where links delay that.
        "--delay-directory-restore",
        "--warning=no-timestamp", "--warning=no-unknown-keyword",
        "--directory=" + Path.GetFullPath(directory),
    ];
}
