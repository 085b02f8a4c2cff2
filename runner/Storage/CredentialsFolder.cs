using System.Text;
using BackupRunner.Reports;

namespace BackupRunner.Storage;

/// <summary>
/// The files of a mounted Secret, <c>--credentials DIR</c>: one file a key. They are read at every use, because kubelet replaces them
/// when the Secret changes, and a run may be longer than the life of a key.
/// </summary>
public sealed class CredentialsFolder
{
    /// <summary>The certificates, in PEM, of authorities that are trusted beside the system's own; every provider takes it.</summary>
    public const string CertificateAuthority = "ca.crt";

    const int MaxLength = 1 << 20;
    const int ShownNames = 5;

    readonly string path;

    CredentialsFolder(string path) => this.path = path;

    /// <exception cref="RunnerException">Exit 2: there is no such folder.</exception>
    public static CredentialsFolder Open(string path) => Directory.Exists(path)
        ? new CredentialsFolder(path)
        : throw new RunnerException(ExitCode.Usage, $"there is no folder \"{path}\" with credentials", "--credentials names the folder that the Secret is mounted at");

    public override string ToString() => path;

    /// <summary>An empty folder, or one with an authority alone, leaves who is asking to the environment. Keys that nobody reads are a mistake.</summary>
    /// <exception cref="RunnerException">Exit 2: it has files, and none of <paramref name="names"/>.</exception>
    public void RequireAnyOf(IReadOnlyList<string> names)
    {
        // Names with a dot are kubelet's own.
        var files = Directory.EnumerateFileSystemEntries(path).Select(file => Path.GetFileName(file)!).Where(name => name[0] != '.' && name != CertificateAuthority).Order(StringComparer.Ordinal).ToList();
        if (files.Count > 0 && !files.Exists(names.Contains))
        {
            throw new RunnerException(
                ExitCode.Usage, $"the credentials in \"{path}\" have {string.Join(", ", files.Take(ShownNames).Select(name => $"\"{name}\""))} and none of {string.Join(", ", names.Select(name => $"\"{name}\""))}",
                "correct the keys of the Secret; without --credentials the environment's own identity is used");
        }
    }

    public bool Has(string name) => File.Exists(Path.Join(path, name)) || File.Exists(Path.Join(path, name));

    /// <returns>The file's text without white space at its ends; null when there is no such file.</returns>
    /// <exception cref="RunnerException">Exit 2: it cannot be read, is empty, or is no text of at most 2^20 characters.</exception>
    public Secret? Read(string name) => ReadNow(name) ?? ReadNow(name);

    /// <summary>A file may be missing for the moment in which kubelet exchanges all of them, so a second look decides.</summary>
    Secret? ReadNow(string name)
    {
        var file = Path.Join(path, name);
        try
        {
            if (!File.Exists(file))
                return null;
            using var reader = File.OpenText(file);
            var text = new StringBuilder();
            var block = new char[1 << 10];
            while (reader.Read(block) is > 0 and var count)
            {
                // Counted, not asked for: a link, a pipe and a device have no size of their own.
                if (text.Append(block, 0, count).Length > MaxLength)
                    throw new RunnerException(ExitCode.Usage, $"\"{file}\" is too large for a credential", "which keys a Secret has is on the provider's page of the documentation");
            }
            return text.ToString().Trim() is { Length: > 0 } trimmed
                ? new Secret(trimmed)
                : throw new RunnerException(ExitCode.Usage, $"\"{file}\" is empty", $"set \"{name}\" in the Secret");
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RunnerException(ExitCode.Usage, $"cannot read the credential \"{file}\": {failure.Message.TrimEnd('.')}", "the runner's user must be able to read it", failure);
        }
    }

    /// <exception cref="RunnerException">Exit 2: there is none, or it cannot be read.</exception>
    public Secret Required(string name) => Read(name) ?? throw new RunnerException(
        ExitCode.Usage, $"the credentials in \"{path}\" have no \"{name}\"", "which keys a Secret has is on the provider's page of the documentation");
}
