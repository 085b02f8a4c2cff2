using BackupRunner.Posix;
using BackupRunner.Restore;

namespace BackupRunner.Tests.Restore;

sealed class Died : Exception;

/// <summary>
/// A real volume that fails at its Nth change. Reads are not counted: a kill before one is a kill before the next change. When it dies, it
/// dies for good, like a process by SIGKILL: no clean-up can run.
/// </summary>
sealed class BrokenVolume(IVolume volume, int failAt, Func<Exception> failure) : IVolume
{
    bool dead;

    /// <summary>Dies here, having failed before.</summary>
    public int DieAt { get; init; } = int.MaxValue;

    public int Changes { get; private set; }

    /// <summary>What is about to happen, for whom a test wants to meddle with it.</summary>
    public Action<int, string>? Watch { get; init; }

    public static BrokenVolume DyingAt(IVolume volume, int change) => new(volume, change, () => new Died());

    public void Step(string what)
    {
        if (dead)
            throw new Died();
        Watch?.Invoke(Changes + 1, what);
        if (++Changes != failAt && Changes != DieAt)
            return;
        var thrown = Changes == DieAt ? new Died() : failure();
        dead = thrown is Died;
        throw thrown;
    }

    public string Path => volume.Path;

    public void Dispose() => volume.Dispose();

    public VolumeSpace Space() => Alive().Space();

    public IReadOnlyList<string> Mounts() => Alive().Mounts();

    public long FreeableBytes(CancellationToken cancel) => Alive().FreeableBytes(cancel);

    public bool IsWritable(string directory) => Alive().IsWritable(directory);

    public bool DirectoryExists(string directory) => Alive().DirectoryExists(directory);

    public IReadOnlyList<VolumeEntry>? List(string directory) => Alive().List(directory);

    public DirectoryAttributes ReadAttributes(string directory) => Alive().ReadAttributes(directory);

    public byte[]? ReadFile(string file) => Alive().ReadFile(file);

    public void MakeDirectory(string directory) => Change("make " + directory).MakeDirectory(directory);

    public Moved Move(string from, EntryName name, string to, EntryName newName) =>
        Change($"move {from}/{name} to {to}/{newName}").Move(from, name, to, newName);

    // A kill can fall into the middle of it.
    public void RemoveTree(string directory, CancellationToken cancel)
    {
        Step("remove " + directory);
        foreach (var entry in (volume.List(directory) ?? []).Where(entry => entry.IsDirectory))
        {
            volume.RemoveTree($"{directory}/{entry.Name}", cancel);
            Step("remove more of " + directory);
        }
        volume.RemoveTree(directory, cancel);
    }

    public bool RemoveIfEmpty(string directory) => Change("remove " + directory).RemoveIfEmpty(directory);

    public IReadOnlyList<string> WriteAttributes(string directory, DirectoryAttributes attributes) =>
        Change("attributes of " + directory).WriteAttributes(directory, attributes);

    public bool WriteTime(string directory, DirectoryAttributes attributes) =>
        Change("time of " + directory).WriteTime(directory, attributes);

    public void Sync(string directory) => Change("sync " + directory).Sync(directory);

    public void SyncAll() => Change("sync all").SyncAll();

    public void CreateFile(string file, ReadOnlySpan<byte> content, int roomBytes) =>
        Change("create " + file).CreateFile(file, content, roomBytes);

    // A kill, or an error, can leave any part of a record, and all of it.
    public void Append(string file, long length, ReadOnlySpan<byte> content)
    {
        Step("append to " + file);
        try
        {
            Step("append to " + file);
        }
        catch
        {
            volume.Append(file, length, content[..(content.Length / 2)]);
            throw;
        }
        volume.Append(file, length, content);
        Step("sync " + file);
    }

    public void RemoveFile(string file) => Change("remove " + file).RemoveFile(file);

    IVolume Alive() => dead ? throw new Died() : volume;

    IVolume Change(string what)
    {
        Step(what);
        return volume;
    }
}
