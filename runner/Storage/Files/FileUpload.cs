using BackupRunner.Posix;

namespace BackupRunner.Storage.Files;

/// <summary>A partial file beside its target, written at any offset, then renamed.</summary>
sealed class FileUpload : IObjectUpload
{
    const int MakeFolderAttempts = 5;

    // A backup holds the data in plain.
    static readonly FileStreamOptions OwnersAlone = new()
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.Write,
        BufferSize = 0,
        Options = FileOptions.Asynchronous,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    };

    readonly FileTree tree;
    readonly string key;
    readonly string path;
    readonly string partial;
    readonly FileStream file;
    bool completed;

    public FileUpload(FileTree tree, string key)
    {
        (this.tree, this.key, path) = (tree, key, tree.PathOf(key));
        partial = FileTree.PartialOf(path);
        file = Create();
    }

    public int PartsAtOnce => 4;

    public PartSizes PartSizes { get; } = PartSizes.Same(4 << 20);

    public async Task SendPart(int number, long offset, ReadOnlyMemory<byte> part, CancellationToken cancel)
    {
        try
        {
            await RandomAccess.WriteAsync(file.SafeFileHandle, part, offset, cancel);
        }
        catch (Exception failure) when (FileErrors.IsIo(failure))
        {
            throw FileErrors.Told(failure, "write", path);
        }
    }

    public Task<StoredObject> Complete(CancellationToken cancel)
    {
        try
        {
            if (completed)
                return Task.FromResult(FileObjectStore.Stored(key, new FileInfo(path))!);
            RandomAccess.FlushToDisk(file.SafeFileHandle);
            file.Dispose();
            File.Move(partial, path, overwrite: true);
            completed = true;
            DirectorySync.Flush(Path.GetDirectoryName(path)!);
            return Task.FromResult(FileObjectStore.Stored(key, new FileInfo(path))!);
        }
        catch (Exception failure) when (FileErrors.IsIo(failure))
        {
            throw FileErrors.Told(failure, "write", path);
        }
    }

    public ValueTask DisposeAsync()
    {
        file.Dispose();
        if (completed)
            return ValueTask.CompletedTask;
        try
        {
            File.Delete(partial);
            tree.RemoveEmptyFoldersAbove(partial);
        }
        catch (Exception failure) when (FileErrors.IsIo(failure))
        {
            // The upload has failed already, and a store that cannot even delete would only hide why. The partial file is swept later.
        }
        return ValueTask.CompletedTask;
    }

    /// <summary>Another run may remove the folder, empty so far, between its creation and ours of the file.</summary>
    FileStream Create()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                FileTree.CreateFolderOf(path);
                return new FileStream(partial, OwnersAlone);
            }
            catch (IOException gone) when (gone is DirectoryNotFoundException or { HResult: DirectorySync.NoEntry } && attempt < MakeFolderAttempts)
            {
            }
        }
    }
}
