using System.Text.Json.Nodes;
using BackupRunner.Names;
using BackupRunner.Tests.Kube.Fake;

namespace BackupRunner.Tests.Webhook;

/// <summary>The table of docs/OPERATIONS.md, "Who may do what": what people and accounts try, with the real webhook and the rights that it ships and grants.</summary>
public sealed class SecurityTests
{
    const string Space = WatchedNamespace.Space;
    const string Vault = "vault";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    static async Task<WatchedNamespace> Start()
    {
        var scene = await WatchedNamespace.Start(webhooks: 1, "--secret-namespaces", Vault);
        await scene.Api.AddNamespace(Vault, Cancel);
        await scene.Webhook.Create(new JsonObject
        {
            ["apiVersion"] = "rbac.authorization.k8s.io/v1",
            ["kind"] = "RoleBinding",
            ["metadata"] = new JsonObject { ["name"] = "backup-webhook-secrets", ["namespace"] = Vault },
            ["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "ClusterRole", ["name"] = "backup-webhook-secrets" },
            ["subjects"] = new JsonArray(new JsonObject { ["kind"] = "ServiceAccount", ["name"] = "backup-webhook", ["namespace"] = WebhookInstallation.Space }),
        });
        await scene.Webhook.Create(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = "crown-jewels", ["namespace"] = Vault },
            ["stringData"] = new JsonObject { ["accessKeyId"] = "id-of-the-vault", ["secretAccessKey"] = "secret-of-the-vault" },
        });
        return scene;
    }

    static IEnumerable<JsonObject> Secrets(WatchedNamespace scene, string space) => scene.Api.Cluster.Storage.List(scene.Api.Cluster.Kinds["secrets"], space)!.Value.Items.Select(entry => entry.Item);

    [Fact]
    public async Task A_policy_that_was_written_while_the_webhook_was_away_gets_no_Secret_that_does_not_allow_it()
    {
        await using var scene = await Start();
        // As if it had not been there: nobody was asked about the author's rights.
        foreach (var kind in (string[])["mutating", "validating"])
            await scene.Webhook.Call("DELETE", $"/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations/backup-webhook");
        await scene.Webhook.Create(WatchedNamespace.Policy("storage: {provider: s3, bucket: b, region: r, secretRef: {name: crown-jewels, namespace: vault}}"));
        await scene.Webhook.Create(WatchedNamespace.StatefulSet());

        await scene.UntilStatus("Secret \"vault/crown-jewels\" may not be used in namespace \"default\"");
        Assert.DoesNotContain(Secrets(scene, Space), secret => secret["data"]?["secretAccessKey"] is not null);

        // Its owner allows it, and takes that back.
        await scene.Patch($"/api/v1/namespaces/{Vault}/secrets/crown-jewels", $"metadata: {{annotations: {{{ClusterNames.AllowedNamespacesAnnotation}: \"other, default\"}}}}");
        await WatchedNamespace.Until(() => Secrets(scene, Space).Any(secret => secret["data"]?["secretAccessKey"] is not null), "the copy is there");
        await scene.UntilStatus("1 claim protected by policy \"nightly\"");
        await scene.Patch($"/api/v1/namespaces/{Vault}/secrets/crown-jewels", $"metadata: {{annotations: {{{ClusterNames.AllowedNamespacesAnnotation}: other}}}}");
        await WatchedNamespace.Until(() => !Secrets(scene, Space).Any(secret => secret["data"]?["secretAccessKey"] is not null), "the copy is gone");
        await scene.UntilStatus("may not be used in namespace");
        Assert.DoesNotContain("secret-of-the-vault", scene.Webhook.Replicas[0].Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_copy_is_made_for_a_workload_that_cannot_be_protected_yet_since_nothing_would_list_it()
    {
        await using var scene = await Start();
        await scene.Patch($"/api/v1/namespaces/{Vault}/secrets/crown-jewels", $"metadata: {{annotations: {{{ClusterNames.AllowedNamespacesAnnotation}: default}}}}");
        await scene.Webhook.Create(WatchedNamespace.Policy("storage: {provider: s3, bucket: b, region: r, secretRef: {name: crown-jewels, namespace: vault}}"));
        var early = WatchedNamespace.StatefulSet("early");
        early["kind"] = "Deployment";
        ((JsonObject)early["spec"]!).Remove("serviceName");
        ((JsonObject)early["spec"]!).Remove("volumeClaimTemplates");
        early["spec"]!["template"]!["spec"]!["volumes"] = new JsonArray(new JsonObject { ["name"] = "data", ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = "not-yet" } });
        await scene.Webhook.Create(early);
        await WatchedNamespace.Until(() => scene.Status("early", plural: "deployments")?.Contains("does not exist yet", StringComparison.Ordinal) == true, "it says that the claim is missing");
        await scene.Webhook.Create(WatchedNamespace.StatefulSet());
        await scene.UntilStatus("1 claim protected by policy \"nightly\"");

        // The second pass over the Secret has begun after the first had ended.
        foreach (var secret in (string[])["once", "twice"])
        {
            var content = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(secret));
            await scene.Patch($"/api/v1/namespaces/{Vault}/secrets/crown-jewels", $"data: {{secretAccessKey: {content}}}");
            await WatchedNamespace.Until(() => Secrets(scene, Space).Any(copy => (string?)copy["data"]?["secretAccessKey"] == content), $"the copy has \"{secret}\"");
        }
        Assert.Single(scene.Made("secrets"));
    }

    [Fact]
    public async Task The_accounts_of_runs_can_do_what_runs_do_and_nothing_else()
    {
        await using var scene = await Start();
        await scene.Webhook.Create(WatchedNamespace.Policy("restore: {healthCommand: 'true'}"));
        foreach (var name in (string[])["db", "other"])
        {
            await scene.Webhook.Create(WatchedNamespace.StatefulSet(name));
            await scene.UntilStatus("1 claim protected", name);
        }
        var (backup, restore) = (scene.Api.TokenOf(Space, "backup-db"), scene.Api.TokenOf(Space, "restore-db"));

        await Check(scene, backup, "backup", [
            ("GET", "/api/v1/namespaces/default/pods", true),
            ("GET", "/apis/apps/v1/namespaces/default/statefulsets/db", true),
            ("GET", "/apis/coordination.k8s.io/v1/namespaces/default/leases/backup-db-data-db-0", true),
            ("GET", "/apis/coordination.k8s.io/v1/namespaces/default/leases/backup-other-data-other-0", false),
            ("GET", "/apis/coordination.k8s.io/v1/namespaces/default/leases/restore-statefulset-db", false),
            ("GET", "/api/v1/namespaces/default/secrets", false),
            ("GET", "/api/v1/namespaces/default/configmaps/backup-db-policy", false),
            ("GET", "/apis/apps/v1/namespaces/default/statefulsets/db/scale", false),
            ("GET", "/api/v1/namespaces/vault/pods", false),
            ("DELETE", "/apis/batch/v1/namespaces/default/cronjobs/backup-db-data-db-0", false),
            ("DELETE", "/apis/coordination.k8s.io/v1/namespaces/default/leases/backup-db-data-db-0", false),
        ]);
        await Check(scene, restore, "restore", [
            ("GET", "/apis/apps/v1/namespaces/default/statefulsets/db/scale", true),
            ("GET", "/apis/coordination.k8s.io/v1/namespaces/default/leases/restore-statefulset-db", true),
            ("GET", "/apis/apps/v1/namespaces/default/statefulsets/other/scale", false),
            ("GET", "/apis/coordination.k8s.io/v1/namespaces/default/leases/restore-statefulset-other", false),
            ("GET", "/api/v1/namespaces/default/secrets", false),
            ("DELETE", "/apis/apps/v1/namespaces/default/statefulsets/db", false),
        ]);
        // A runner that would run commands elsewhere. The pod need not be there: the right is asked for first.
        foreach (var (account, token) in (IEnumerable<(string, string)>)[("backup", backup), ("restore", restore)])
        {
            Assert.Equal((account, "db-0", 404), (account, "db-0", await Exec(scene, token, Space, "db-0")));
            foreach (var (space, pod) in ((string, string)[])[(Space, "db-1"), (Space, "other-0"), (Vault, "db-0"), ("kube-system", "db-0")])
                Assert.Equal((account, space, pod, 403), (account, space, pod, await Exec(scene, token, space, pod)));
        }
    }

    static async Task Check(WatchedNamespace scene, string token, string account, IEnumerable<(string Method, string Path, bool Allowed)> calls)
    {
        using var caller = new FakeCaller(scene.Api, token);
        foreach (var (method, path, allowed) in calls)
        {
            var answer = await caller.Call(method, path);
            Assert.True(answer.Status == 403 != allowed, $"{account}: {method} {path}: {answer.Status}");
        }
    }

    static async Task<int> Exec(WatchedNamespace scene, string token, string space, string pod)
    {
        using var caller = new FakeCaller(scene.Api, token);
        var (socket, status) = await caller.Connect($"/api/v1/namespaces/{space}/pods/{pod}/exec?command=id&stdout=true", "v5.channel.k8s.io");
        socket?.Dispose();
        return status;
    }
}
