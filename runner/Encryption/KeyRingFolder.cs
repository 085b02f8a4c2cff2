using BackupRunner.Keys;
using BackupRunner.Reports;

namespace BackupRunner.Encryption;

/// <summary>
/// The folder that a key Secret is mounted at. Its files are links through <c>..data</c>, which kubelet exchanges when the Secret changes, and removes
/// what it pointed to; so the files are read behind that link, and again when it was exchanged meanwhile.
/// </summary>
sealed class KeyRingFolder(string path, string keyField)
{
    const string DataLink = "..data";
    const int Attempts = 3;
    const int ShownFields = 5;

    public string Path => path;

    public string KeyField => keyField;

    /// <param name="read">Gets this and the folder that has the files.</param>
    public KeyRing ReadWhole(Func<KeyRingFolder, string, KeyRing> read)
    {
        if (!Directory.Exists(path))
            throw new RunnerException(ExitCode.Usage, $"there is no folder \"{path}\" with keys", "--keys names the folder that the key Secret is mounted at");
        for (var attempt = 1; ; attempt++)
        {
            KeyRing? ring = null;
            var target = DataTarget();
            try
            {
                ring = read(this, target ?? path);
                if (DataTarget() == target)
                    return ring;
            }
            catch (RunnerException) when (attempt < Attempts && DataTarget() != target)
            {
                // Kubelet took the files away while they were read; the new ones are there.
            }
            ring?.Dispose();
            if (attempt == Attempts)
                throw new RunnerException(ExitCode.Usage, $"the keys in \"{path}\" changed {Attempts} times while they were read", "start again");
        }
    }

    /// <exception cref="RunnerException">Exit 2: it cannot be read. Exit 5: there is no such field, or no key in it.</exception>
    public KeyEncryptionKey ReadCurrent(string directory)
    {
        var fields = Fields(directory);
        if (!fields.Contains(keyField))
        {
            var found = fields.Count == 0 ? "is empty: it has" : $"has {string.Join(", ", fields.Take(ShownFields).Select(field => $"\"{field}\""))}{(fields.Count > ShownFields ? $", {fields.Count - ShownFields} more" : "")} and";
            throw new RunnerException(
                ExitCode.Integrity, $"the key ring \"{path}\" {found} no \"{keyField}\", the current key", "set the policy's keySecretRef.keyField to the field that has it, or add the field to the Secret");
        }
        return KeyFile.TryRead(In(directory, keyField), out var key, out var problem)
            ? key
            : throw new RunnerException(ExitCode.Integrity, $"\"{Shown(keyField)}\" is no key: it {problem}", KeyFile.Hint);
    }

    public IEnumerable<KeyId> OtherIds(string directory) => Fields(directory).Select(field => KeyFields.IdOf(keyField, field)).OfType<KeyId>();

    /// <returns>Null when there is no such key; <paramref name="problem"/> says why.</returns>
    public KeyEncryptionKey? ReadOther(string directory, KeyId id, out string? problem)
    {
        var field = KeyFields.Other(keyField, id);
        try
        {
            if (!KeyFile.TryRead(In(directory, field), out var key, out problem))
            {
                problem = $"\"{Shown(field)}\" is no key: it {problem}";
                return null;
            }
            if (key.Id == id)
                return key;
            problem = $"\"{Shown(field)}\" is the key {key.Id}, not the one that its name says";
            key.Dispose();
        }
        catch (RunnerException failure)
        {
            problem = failure.Message;
        }
        return null;
    }

    /// <summary>Names with two dots at the beginning are kubelet's own.</summary>
    List<string> Fields(string directory)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(directory).Select(file => System.IO.Path.GetFileName(file)).Where(name => !name.StartsWith("..", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RunnerException(ExitCode.Usage, $"cannot read the keys in \"{path}\": {failure.Message.TrimEnd('.')}", "the runner's user must be able to read them", failure);
        }
    }

    /// <returns>Null when the folder is not one of kubelet's.</returns>
    string? DataTarget()
    {
        try
        {
            return Directory.ResolveLinkTarget(System.IO.Path.Join(path, DataLink), returnFinalTarget: true)?.FullName;
        }
        catch (Exception failure) when (failure is DirectoryNotFoundException or FileNotFoundException)
        {
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RunnerException(ExitCode.Usage, $"cannot read the keys in \"{path}\": {failure.Message.TrimEnd('.')}", "the runner's user must be able to read them", failure);
        }
    }

    string Shown(string field) => In(path, field);

    static string In(string directory, string field) => System.IO.Path.Join(directory, field);
}
