using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BackupRunner.Tests.EndToEnd;

/// <summary>A manifest in the clear proves nothing: who can write the store can write any, with a seal that is right.</summary>
public sealed class ForgedManifestTests : IDisposable
{
    static readonly string?[] Values = [null, "[]", "{}", "-1", "9223372036854775807", "1e99", "\"\"", "\"\\u001b[31m\\n/../x\"", "\"0001-01-01T00:00:00+14:00\"", "[null]", "true"];

    readonly Laptop laptop = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => laptop.Dispose();

    /// <summary>Every member in turn is something else, or gone.</summary>
    [Fact]
    public async Task Whatever_a_manifest_says_no_verb_ends_in_a_bug()
    {
        laptop.Scratch.File("data/one", "1");
        await laptop.BackUp();
        var path = Path.Join(laptop.Folder(), "backup.json");
        var original = JsonNode.Parse(await File.ReadAllTextAsync(path, Cancel))!;
        foreach (var member in Members(original, ""))
        {
            foreach (var value in Values.Prepend("remove"))
            {
                var forged = original.DeepClone();
                Replace(forged, member.Split('/', StringSplitOptions.RemoveEmptyEntries), value);
                await File.WriteAllBytesAsync(path, Sealed(forged), Cancel);
                foreach (var call in new[] { "list", "list --output json", "verify --all", "prune", "restore --latest" })
                {
                    var result = await laptop.Run(call.Split(' ')[0], call.Split(' ')[1..]);
                    Assert.True(result.ExitCode is 0 or 2 or 4 or 5 or 6, $"{member} = {value}: {call} exited {result.ExitCode}\n{result.Error}");
                    Assert.DoesNotContain('\u001b', result.Out + result.Error);
                }
            }
        }
    }

    static IEnumerable<string> Members(JsonNode node, string path) => node is JsonObject all
        ? all.Where(member => member.Key != "manifestSha256").SelectMany(member => member.Value is null ? [] : Members(member.Value, $"{path}/{member.Key}").Prepend($"{path}/{member.Key}"))
        : [];

    static void Replace(JsonNode root, string[] path, string? value)
    {
        var parent = path[..^1].Aggregate(root, (node, member) => node[member]!).AsObject();
        parent.Remove(path[^1]);
        if (value != "remove")
            parent[path[^1]] = value is null ? null : JsonNode.Parse(value);
    }

    static byte[] Sealed(JsonNode manifest)
    {
        manifest["manifestSha256"] = new string('0', 64);
        var text = manifest.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n";
        return Encoding.UTF8.GetBytes(text.Replace(new string('0', 64), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))), StringComparison.Ordinal));
    }
}
