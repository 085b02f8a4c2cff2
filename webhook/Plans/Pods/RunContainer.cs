using System.Text.Json.Nodes;
using BackupRunner.Names;

namespace BackupRunner.Webhook.Plans.Pods;

/// <summary>The container of the runner.</summary>
static class RunContainer
{
    public const string Name = RestoreContainer.Runner;

    /// <param name="arguments">Of the runner, as they are to arrive.</param>
    public static JsonObject Of(
        Installation installation, IEnumerable<string> arguments, JsonObject security, JsonArray mounts)
    {
        return new JsonObject
        {
            ["name"] = Name,
            ["image"] = installation.RunnerImage,
            ["args"] = new JsonArray([.. arguments.Select(argument => (JsonNode)Literal(argument))]),
            // What the API server knows this run by.
            ["env"] = new JsonArray
            {
                new JsonObject { ["name"] = "POD_NAME", ["valueFrom"] = new JsonObject { ["fieldRef"] = new JsonObject { ["fieldPath"] = "metadata.name" } } },
            },
            ["resources"] = Resources("250m"),
            ["securityContext"] = security,
            ["volumeMounts"] = mounts,
        };
    }

    /// <summary>Kubelet replaces <c>$(NAME)</c> in arguments, and writes one <c>$</c> for two.</summary>
    static string Literal(string argument) => argument.Replace("$", "$$", StringComparison.Ordinal);

    /// <summary>Compression takes what processor it is given; memory does not depend on the size of the data.</summary>
    public static JsonObject Resources(string cpu) => new()
    {
        ["requests"] = new JsonObject { ["cpu"] = cpu, ["memory"] = "128Mi" },
        ["limits"] = new JsonObject { ["memory"] = "512Mi" },
    };
}
