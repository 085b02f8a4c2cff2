using System.Text.Json;
using System.Text.Json.Serialization;
using BackupRunner.Posix;
using BackupRunner.Reports;

namespace BackupRunner.Hooks;

/// <summary>The mark as a small JSON file, written by rename and synced with its folder.</summary>
public sealed class FrozenMarkFile(string path) : IFrozenMark
{
    public string Address => path;

    public async Task<Frozen?> Read(CancellationToken cancel)
    {
        try
        {
            var text = await File.ReadAllTextAsync(path, cancel);
            return JsonSerializer.Deserialize(text, FrozenMarkJson.Default.Frozen) ?? throw new JsonException("null");
        }
        catch (Exception none) when (none is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException)
        {
            // A mark that cannot be read is a mark all the same: a needless thaw does no harm.
            return new Frozen("unknown", File.GetLastWriteTimeUtc(path));
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw Failure("read", failed);
        }
    }

    public async Task Write(Frozen frozen, CancellationToken cancel)
    {
        try
        {
            var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            Directory.CreateDirectory(folder);
            var partial = path + ".partial";
            await using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write))
            {
                await JsonSerializer.SerializeAsync(file, frozen, FrozenMarkJson.Default.Frozen, cancel);
                file.Flush(flushToDisk: true);
            }
            File.Move(partial, path, overwrite: true);
            DirectorySync.Flush(folder);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw Failure("write", failed);
        }
    }

    /// <summary>The lock of the state folder ends with the process that has it.</summary>
    public Task<bool> IsAnothers(CancellationToken cancel) => Task.FromResult(false);

    public Task Clear(CancellationToken cancel)
    {
        try
        {
            File.Delete(path);
            return Task.CompletedTask;
        }
        catch (DirectoryNotFoundException)
        {
            return Task.CompletedTask;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw Failure("remove", failed);
        }
    }

    RunnerException Failure(string verb, Exception failed) =>
        new(ExitCode.Usage, $"cannot {verb} the mark of a frozen workload \"{path}\": {failed.Message}", "the state folder must be writable", failed);
}

[JsonSourceGenerationOptions(WriteIndented = true, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Frozen))]
sealed partial class FrozenMarkJson : JsonSerializerContext;
