using System.Text;
using BackupRunner.Tests.Archive;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>Two backups of an odd tree, a copy of their bucket, and a key in every form that a Secret may hold it in.</summary>
public sealed class RecoverySite : IAsyncDisposable
{
    // All that a path may have between single quotes.
    const string OddName = "a \"copy\" of $HOME `id`\\\n*é";

    readonly Site site = new(new FolderUnderTest());
    readonly string copy;
    string bucket = "", id = "", other = "", key = "";

    RecoverySite() => copy = site.Scratch.Folder(OddName);

    /// <summary>All that must come back.</summary>
    public string Fingerprint { get; private set; } = "";

    /// <summary>Where the files come back to.</summary>
    public string Restored => site.Scratch["restored/data"];

    /// <param name="algorithm">As the policy names it, or <c>none</c>.</param>
    public static async Task<RecoverySite> Create(string algorithm)
    {
        var made = new RecoverySite();
        var site = made.site;
        OddTree.Build(site.Data);
        // Three segments of gcm.
        Shell.Bash($"head -c 2500000 /dev/urandom >{site.Data}/plain/noise");
        made.Fingerprint = OddTree.Fingerprint(site.Data);
        if (algorithm == "none")
        {
            (made.id, made.other) = (await site.BackUp(), await site.BackUp());
        }
        else
        {
            var encrypted = new EncryptedSite(site, algorithm);
            (made.id, made.other) = (await encrypted.BackUp(), await encrypted.BackUp());
            made.key = (await File.ReadAllTextAsync(Path.Join(encrypted.Ring.Path, "key"))).Trim();
        }
        made.bucket = Path.GetDirectoryName(await site.Download(made.id))!;
        made.WriteKeys();
        return made;
    }

    /// <summary>Copies the bucket, damages the copy of the first backup, and goes through the page.</summary>
    /// <param name="form">The file with the key: <c>raw</c>, <c>hex</c>, <c>base64</c>, or <c>wrong</c>.</param>
    /// <param name="damage">A script that runs in the backup's folder; <c>$other</c> is the folder of the second, <c>flip FILE OFFSET</c> flips a bit.</param>
    public ShellResult Go(IReadOnlyCollection<string> labels, string form = "hex", string damage = "", string? privateKey = null)
    {
        Shell.Run("rm", "-rf", copy, site.Scratch["restored"]);
        Shell.Run("cp", "-rT", bucket, copy);
        Shell.Bash($$"""
            flip() {
                byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
                printf "\\$(printf %03o $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
            }
            cd '{{copy}}/{{id}}'; other='../{{other}}'; a=$(ls backup.tar.gz* | grep -v sha256)
            {{damage}}
            """);
        var settings = new Dictionary<string, string>
        {
            ["copy"] = copy,
            ["backup"] = $"{copy}/{id}/",
            ["key"] = site.Scratch[form],
            ["private_key"] = privateKey ?? RecoveryKey.File,
            ["out"] = site.Scratch["restored"],
        };
        return RecoveryPage.Run(site.Scratch, labels, settings, site.Scratch["tools"]);
    }

    public async ValueTask DisposeAsync() => await site.DisposeAsync();

    void WriteKeys()
    {
        var scratch = site.Scratch;
        var raw = Convert.FromHexString(key);
        File.WriteAllBytes(scratch["raw"], raw);
        scratch.File("hex", "  " + key.ToUpperInvariant() + "\r\n");
        scratch.File("base64", string.Join('\n', Convert.ToBase64String(raw).Chunk(20).Select(line => new string(line))));
        scratch.File("wrong", new string('5', 64));
        scratch.File("half", key.Length > 0 ? key[..32] : "");
        // What kubectl prints of the Secret: its field is base64 of the file, here of hex digits.
        var field = Convert.ToBase64String(Encoding.ASCII.GetBytes(key + "\n"));
        var secret = $$"""{"kind": "Secret", "data": {"other": "eA==", "key": "{{field}}"} }""";
        Shell.Run("chmod", "755", scratch.File("tools/kubectl", $"#!/bin/sh\n[ \"$*\" = 'get secret --namespace shop backup-key -o json' ] && echo '{secret}'\n"));
    }
}

/// <summary>One site an algorithm, made when it is first asked for: they are only read.</summary>
public sealed class RecoverySites : IAsyncDisposable
{
    readonly Dictionary<string, RecoverySite> sites = [];

    public async Task<RecoverySite> Of(string algorithm) =>
        sites.TryGetValue(algorithm, out var made) ? made : sites[algorithm] = await RecoverySite.Create(algorithm);

    public async ValueTask DisposeAsync()
    {
        foreach (var site in sites.Values)
            await site.DisposeAsync();
    }
}
