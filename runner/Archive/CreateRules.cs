namespace BackupRunner.Archive;

/// <summary>Our own archives never hold device nodes: no data is in them, and no unprivileged restore could make them.</summary>
public sealed class CreateRules : ITarRules
{
    const int MaximumDevices = 100_000;

    readonly PathSet devices = new(MaximumDevices);

    // The packer pads to the usual record by itself, not to that of the blocking factor that we read fast with.
    public TarVerdict AfterEnd => TarVerdict.Drop;

    public bool Allows(TarEntry entry, WarningList warnings)
    {
        TarPath.RequireUsableLength(entry);
        var isLinkToDevice = entry.Kind == TarEntryKind.HardLink && devices.Contains(TarPath.Normalize(entry.Link));
        if (entry.Kind != TarEntryKind.Device && !isLinkToDevice)
            return true;
        devices.Add(TarPath.Normalize(entry.Name));
        warnings.Add("device node left out", entry.ShownName);
        return false;
    }
}
