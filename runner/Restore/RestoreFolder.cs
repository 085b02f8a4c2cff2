namespace BackupRunner.Restore;

/// <summary><c>.backup-restore</c> itself, which comes and goes without a trace in the root's time of modification.</summary>
static class RestoreFolder
{
    public static void Make(IVolume volume)
    {
        if (volume.DirectoryExists(RestoreLayout.Folder))
            return;
        var root = volume.ReadAttributes(RestoreLayout.Root);
        volume.MakeDirectory(RestoreLayout.Folder);
        volume.WriteTime(RestoreLayout.Root, root);
    }

    /// <summary>Leaves it when something is kept in it.</summary>
    public static void RemoveIfEmpty(IVolume volume)
    {
        if (!volume.DirectoryExists(RestoreLayout.Folder))
            return;
        if (volume.DirectoryExists(RestoreLayout.Kept))
            volume.RemoveIfEmpty(RestoreLayout.Kept);
        var root = volume.ReadAttributes(RestoreLayout.Root);
        if (volume.RemoveIfEmpty(RestoreLayout.Folder))
            volume.WriteTime(RestoreLayout.Root, root);
    }
}
