using BackupRunner.Posix;
using Microsoft.Win32.SafeHandles;

namespace BackupRunner.Storage;

/// <summary>A partial file beside its target, written at any offset, then renamed.</summary>
sealed class FileUpload : IObjectUpload
{
    const int MakeFolderAttempts = 5;

    readonly FileTree tree;
    readonly string key;
    readonly string path;
    readonly string partial;
    readonly SafeFileHandle handle;
    bool completed;

    public FileUpload(FileTree tree, string key)
    {
        (this.tree, this.key, path) = (tree, key, tree.PathOf(key));
        partial = FileTree.PartialOf(path);
        handle = Create();
    }

    public int PartBytes(int number) => 4 << 20;

    public async Task SendPart(int number, long offset, ReadOnlyMemory<byte> part, CancellationToken cancel)
    {
        try
        {
            await RandomAccess.WriteAsync(handle, part, offset, cancel);
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
            RandomAccess.FlushToDisk(handle);
            handle.Dispose();
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
        handle.Dispose();
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
    SafeFileHandle Create()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                FileTree.CreateFolderOf(path);
                return File.OpenHandle(partial, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, FileOptions.Asynchronous);
            }
            catch (DirectoryNotFoundException) when (attempt < MakeFolderAttempts)
            {
            }
        }
    }
}
