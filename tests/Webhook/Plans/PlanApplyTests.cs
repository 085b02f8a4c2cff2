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
        var plan = PlanCase.Read(name).Plan;
        if (plan.Workload.Id.Namespace != "default")
            await api.AddNamespace(plan.Workload.Id.Namespace, Cancel);
        var wanted = WantedObjects.For(plan);

        var first = await Apply(admin, wanted);
        var second = await Apply(admin, WantedObjects.For(plan));

        Assert.Equal(first, second);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Jobs_are_accepted(string name)
    {
        await using var api = await FakeKubeApi.Start(Cancel);
        using var admin = new FakeCaller(api, api.AdminToken);
        var plan = PlanCase.Read(name).Plan;
        if (plan.Claims is not [var claim, ..])
            return;
        var space = plan.Workload.Id.Namespace;
        if (space != "default")
            await api.AddNamespace(space, Cancel);
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
