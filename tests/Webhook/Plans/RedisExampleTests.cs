using System.Text.Json.Nodes;
using BackupRunner.Hooks;
using BackupRunner.Policy;
using BackupRunner.Tests.Support;
using BackupRunner.Webhook.Plans;

namespace BackupRunner.Tests.Webhook;

/// <summary>What is planned for the Redis of manifests/examples is what the example has by hand, but for the differences that are named here.</summary>
public sealed class RedisExampleTests
{
    static readonly ProtectionPlan Plan = PlanCase.Read("redis").Plan;

    [Theory]
    [InlineData("cronjob")]
    [InlineData("rbac")]
    [InlineData("leases")]
    public void Objects_are_those_of_the_example(string file)
    {
        var planned = WantedObjects.For(Plan).ToDictionary(wanted => $"{wanted.Body["kind"]}/{wanted.Name}", wanted => (JsonObject)wanted.Body.DeepClone());
        foreach (var written in Example(file))
        {
            var made = planned[$"{written["kind"]}/{written["metadata"]!["name"]}"];
            // Ours carry whose they are, and go with it.
            made["metadata"]!.AsObject().Remove("ownerReferences");
            RemoveForLabels(made);
            // A run of any size has a day.
            if (made["spec"]?["jobTemplate"]?["spec"] is JsonObject job)
                job["activeDeadlineSeconds"] = 14400;
            Same(written, made);
        }
    }

    [Fact]
    public void A_restore_is_that_of_the_example()
    {
        var made = new JsonObject { ["spec"] = RestoreJob.Spec(Plan, Plan.Claims.Single(), new RestoreChoice.Latest()) };
        RemoveForLabels(made);
        Same(Example("restore-job").Single()["spec"]!, made["spec"]!);
    }

    [Fact]
    public void A_restore_by_script_is_that_of_the_example()
    {
        var policy = Plan.Policy.Policy! with { Commands = new CommandsPolicy { Restore = "true" } };
        var plan = Plan with { Policy = Plan.Policy with { Policy = policy } };
        var made = new JsonObject { ["spec"] = RestoreJob.Spec(plan, plan.Claims.Single(), new RestoreChoice.Latest()) };
        RemoveForLabels(made);
        // The example has a policy of its own for it.
        var policyVolume = made["spec"]!["template"]!["spec"]!["volumes"]!.AsArray().Single(volume => (string?)volume!["name"] == "policy")!;
        policyVolume["configMap"]!["name"] = "backup-redis-policy-commands";

        Same(Example("restore-job-command").Single()["spec"]!, made["spec"]!);
    }

    [Fact]
    public void The_policy_of_the_config_map_is_the_same()
    {
        var written = (string)Example("policy-configmap").Single()["data"]!["policy.yaml"]!;
        var made = (string)PolicyConfigMap.For(Plan).Body["data"]!["policy.yaml"]!;

        Assert.True(JsonNode.DeepEquals(Yaml.Documents(written).Single(), Yaml.Documents(made).Single()), made);
        Assert.Equal(PolicyDocument.Parse(written).Policy.Schedule, PolicyDocument.Parse(made).Policy.Schedule);
    }

    [Fact]
    public void A_run_has_the_time_to_thaw()
    {
        var pod = BackupCronJob.For(Plan, Plan.Claims.Single()).Body["spec"]!["jobTemplate"]!["spec"]!["template"]!["spec"]!;

        Assert.Equal((int)(Freeze.ThawTimeout + TimeSpan.FromSeconds(30)).TotalSeconds, (int)pod["terminationGracePeriodSeconds"]!);
    }

    static IReadOnlyList<JsonObject> Example(string file) => Yaml.DocumentsIn(Repository.PathOf($"manifests/examples/redis/{file}.yaml"));

    static void Same(JsonNode written, JsonNode made) => Assert.Equal(Sorted(written)!.ToJsonString(), Sorted(made)!.ToJsonString());

    static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject mapping => new JsonObject(mapping.OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => KeyValuePair.Create(field.Key, Sorted(field.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };

    static void RemoveForLabels(JsonNode? node)
    {
        if (node is JsonObject mapping)
        {
            mapping.Remove("backup.middleware.io/for");
            foreach (var (_, value) in mapping)
                RemoveForLabels(value);
        }
        else if (node is JsonArray list)
        {
            foreach (var item in list)
                RemoveForLabels(item);
        }
    }
}
