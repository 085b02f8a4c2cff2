using BackupRunner.Storage;
using BackupRunner.Storage.Files;

namespace BackupRunner.Tests.Support;

/// <summary>An empty bucket, container or folder of one test, as a policy names it.</summary>
public interface IStoreUnderTest : IAsyncDisposable
{
    /// <summary>What stands between the braces of <c>storage: {...}</c>.</summary>
    string PolicyYaml { get; }

    /// <summary>What <c>--credentials</c> names; null for a store that needs none.</summary>
    string? CredentialsFolder { get; }

    /// <summary>Past the program, for looking and damaging.</summary>
    IObjectStore Store { get; }
}

/// <summary>A store on a network.</summary>
public interface IRemoteStoreUnderTest : IStoreUnderTest
{
    /// <summary>The address that the policy names.</summary>
    Uri Server { get; }

    /// <summary>The same store behind another address.</summary>
    string PolicyYamlAt(Uri server);

    /// <summary>A policy that names a bucket or container which does not exist.</summary>
    string PolicyYamlOfMissing { get; }

    /// <summary>The file of the Secret that proves who is asking, and a content of it that is well formed and wrong.</summary>
    (string File, string Content) WrongSecret { get; }
}

public sealed class FolderUnderTest : IStoreUnderTest
{
    readonly Scratch scratch = new();

    public FolderUnderTest() => Store = new FileObjectStore(scratch.Folder("store"));

    public string PolicyYaml => $"provider: file, path: {scratch["store"]}";

    public string? CredentialsFolder => null;

    public IObjectStore Store { get; }

    public ValueTask DisposeAsync()
    {
        scratch.Dispose();
        return ValueTask.CompletedTask;
    }
}
