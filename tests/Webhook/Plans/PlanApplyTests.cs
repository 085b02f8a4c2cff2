using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Webhook.Plans;

namespace BackupRunner.Tests.Webhook;

/// <summary>The API server takes what is planned, by its strictest reading, and a second time finds nothing to change.</summary>
public sealed class PlanApplyTests
{
    public static TheoryData<string> Cases => [.. PlanCase.Names];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Everything_is_accepted_and_applying_it_again_changes_nothing(string name)
    {
        await using var api = await FakeKubeApi.Start(Cancel);
        using var admin = new FakeCaller(api, api.AdminToken);
        var plan = await Installed(admin, api, name);

        var first = await Apply(admin, WantedObjects.For(plan));
        var second = await Apply(admin, WantedObjects.For(plan));

        Assert.Equal(first, second);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Jobs_are_accepted(string name)
    {
        await using var api = await FakeKubeApi.Start(Cancel);
        using var admin = new FakeCaller(api, api.AdminToken);
        var plan = await Installed(admin, api, name);
        if (plan.Claims is not [var claim, ..])
            return;
        var space = plan.Workload.Id.Namespace;
        var restore = new JsonObject
        {
            ["apiVersion"] = "batch/v1",
            ["kind"] = "Job",
            ["metadata"] = new JsonObject { ["name"] = "restore" },
            ["spec"] = RestoreJob.Spec(plan, claim, new RestoreChoice.Latest()),
        };
        var audit = AuditJob.For(plan.Workload, plan.Secrets.Credentials, [], plan.Installation);

        foreach (var job in (JsonObject[])[restore, ResumeJob.For(plan, claim, "restore-x").Body, audit.Body])
        {
            var made = await admin.Call("POST", $"/apis/batch/v1/namespaces/{space}/jobs?fieldValidation=Strict", job.ToJsonString());
            Assert.True(made.Status == 201, made.Text);
        }
    }

    /// <summary>With the workload there: what belongs to one that is not is collected.</summary>
    static async Task<ProtectionPlan> Installed(FakeCaller admin, FakeKubeApi api, string name)
    {
        var items = PlanCase.Documents(name);
        var workload = items.Single(item => (string?)item["kind"] is "StatefulSet" or "Deployment");
        var id = PlanCase.Read(name).Workload.Id;
        if (id.Namespace != "default")
            await api.AddNamespace(id.Namespace, Cancel);
        var made = await admin.Call("POST", id.Resource.Path(id.Namespace, null), workload.ToJsonString());
        Assert.True(made.Status == 201, made.Text);
        return PlanCase.Of([(JsonObject)made.Json, .. items.Where(item => item != workload)]).Plan;
    }

    static async Task<List<string>> Apply(FakeCaller admin, IReadOnlyList<WantedObject> wanted)
    {
        var versions = new List<string>();
        foreach (var item in wanted)
        {
            var path = $"{item.Resource.Path(item.Namespace, item.Name)}?fieldManager=backup-webhook&fieldValidation=Strict";
            var answer = await admin.Call("PATCH", path, item.Body.ToJsonString(), "application/apply-patch+yaml");
            Assert.True(answer.Status is 200 or 201, $"{item.Name}: {answer.Text}");
            Assert.Empty(answer.Warnings);
            versions.Add($"{item.Resource}/{item.Name} {answer.Json["metadata"]!["resourceVersion"]}");
        }
        return versions;
    }
}
