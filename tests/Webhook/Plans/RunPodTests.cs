using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Policy;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Reconcile;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Tests.Webhook;

public sealed class RunPodTests
{
    static readonly ProtectionPlan Plan = PlanCase.Read("root").Plan;

    [Theory]
    [InlineData("/data", "/data")]
    [InlineData("/var/lib/postgresql/data", "/var/lib/postgresql/data")]
    [InlineData("/usr/share/elasticsearch/data", "/usr/share/elasticsearch/data")]
    [InlineData("/backups", "/backups")]
    [InlineData("/backup", "/mnt/data")]
    [InlineData("/tmp/", "/mnt/data")]
    [InlineData("/usr", "/mnt/data")]
    [InlineData("//etc", "/mnt/data")]
    [InlineData("/etc/backup-runner/keys", "/mnt/data")]
    [InlineData("/", "/mnt/data")]
    public void The_data_is_where_the_workload_has_it_unless_that_hides_the_runner(string mountPath, string expected)
    {
        var container = Container(Plan, Plan.Claims.Single() with { MountPath = mountPath });

        Assert.Contains($"--data={expected}", container["args"]!.AsArray().Select(argument => (string)argument!));
        Assert.Equal(expected, (string)container["volumeMounts"]![0]!["mountPath"]!);
    }

    [Fact]
    public void Kubelet_gives_the_runner_its_arguments_as_they_are()
    {
        var plan = Plan with { Installation = PlanCase.Installation with { Cluster = "$(HOME)-$x" } };

        // Kubelet makes one of two dollars, and then there is no variable.
        Assert.Contains("--cluster=$$(HOME)-$$x", Container(plan, plan.Claims.Single())["args"]!.AsArray().Select(argument => (string)argument!));
    }

    [Fact]
    public void No_rule_that_may_have_names_is_for_all()
    {
        foreach (var name in PlanCase.Names)
        {
            var plan = PlanCase.Read(name).Plan;
            foreach (var rule in WantedObjects.For(plan).Where(wanted => (string?)wanted.Body["kind"] == "Role").SelectMany(role => role.Body["rules"]!.AsArray()))
            {
                var resource = (string)rule!["resources"]![0]!;
                var free = resource == "pods" || (resource == "pods/exec" && plan.Workload.Id.Kind == "deployment");
                Assert.True(free == rule["resourceNames"] is null && rule["resourceNames"] is not JsonArray { Count: 0 }, $"{name}: {rule.ToJsonString()}");
            }
        }
    }

    [Fact]
    public void No_pod_of_ours_gets_the_proxy_of_a_mesh_and_none_an_annotation_of_ours()
    {
        var (workload, claim) = (Plan.Workload, Plan.Claims.Single());
        JsonNode[] templates =
        [
            BackupCronJob.For(Plan, claim).Body["spec"]!["jobTemplate"]!["spec"]!["template"]!,
            RestoreJob.Spec(Plan, claim, new RestoreChoice.Latest())["template"]!,
            ResumeJob.For(Plan, claim, "a").Body["spec"]!["template"]!,
            AuditJob.For(workload, null, [], PlanCase.Installation).Body["spec"]!["template"]!,
        ];
        foreach (var metadata in templates.Select(template => template["metadata"]!))
        {
            Assert.Equal("false", (string?)metadata["labels"]!["sidecar.istio.io/inject"]);
            Assert.Equal("""{"linkerd.io/inject":"disabled"}""", metadata["annotations"]!.ToJsonString());
        }
    }

    [Theory]
    [InlineData("data-mariadb-0", "logs-mariadb-0", "shared")]
    [InlineData("data-mariadb-1", "shared")]
    [InlineData("shared", "data-mariadb-0", "data-mariadb-1", "logs-mariadb-0")]
    public void A_backup_that_runs_commands_in_a_pod_holds_the_leases_of_the_claims_that_may_be_there(string claim, params string[] others)
    {
        var plan = PlanCase.Read("freeze").Plan;
        var data = plan.Claims.Single();
        plan = plan with { Claims = [data, data with { Name = "data-mariadb-1", Pod = "mariadb-1" }, data with { Name = "logs-mariadb-0" }, data with { Name = "shared", Pod = null }] };
        string[] Leases(ProtectionPlan of) => [.. Container(of, of.Claims.Single(one => one.Name == claim))["args"]!.AsArray().Select(argument => (string)argument!).Where(argument => argument.StartsWith("--lease", StringComparison.Ordinal))];

        Assert.Equal(["--lease-wait=12h", .. others.Select(other => $"--lease={plan.NameOf(plan.Claims.Single(one => one.Name == other))}")], Leases(plan));
        var quiet = plan.Terms with { Settings = plan.Terms.Settings with { Consistency = new ConsistencyPolicy() } };
        Assert.Empty(Leases(plan with { Policy = plan.Policy with { Policy = quiet } }));
        Assert.Empty(Leases(plan with { Policy = plan.Policy with { Policy = quiet with { Commands = new CommandsPolicy { Backup = "true", RunIn = RunIn.Runner } } } }));
        Assert.NotEmpty(Leases(plan with { Policy = plan.Policy with { Policy = quiet with { Commands = new CommandsPolicy { Backup = "true" } } } }));
    }

    [Theory]
    [InlineData(null, null, "mariadb:11", 999)]
    [InlineData("shipper", null, "shipper:1", 1000)]
    [InlineData("shipper", "main", "mariadb:11", 999)]
    [InlineData(null, "tools", "tools:1", 999)]
    public void A_script_runs_where_the_policys_commands_run_and_not_where_the_whole_volume_is_mounted(string? byDefault, string? wanted, string image, int user)
    {
        static ContainerShape Container(string name, string image, int user, params MountShape[] mounts) =>
            new(name, image, mounts, [], JsonSerializer.SerializeToElement(new JsonObject { ["runAsUser"] = user }));
        var plan = PlanCase.Read("freeze").Plan;
        var pod = plan.Workload.Pod with
        {
            DefaultContainer = byDefault,
            Containers =
            [
                Container("main", "mariadb:11", 999, new MountShape("data", "/var/lib/mysql", "pgdata", null)),
                Container("shipper", "shipper:1", 1000, new MountShape("data", "/logs", null, null)),
                Container("tools", "tools:1", 1001),
            ],
        };
        var workload = plan.Workload with { Pod = pod };
        var terms = plan.Terms with { Settings = plan.Terms.Settings with { Consistency = new ConsistencyPolicy { Container = wanted } }, Commands = new CommandsPolicy { Restore = "true" } };
        plan = plan with { Workload = workload, Policy = plan.Policy with { Policy = terms }, Claims = ClaimSelection.Of(workload, []).Claims };

        var made = RestoreJob.Spec(plan, plan.Claims.Single(), new RestoreChoice.Latest())["template"]!["spec"]!;
        var (runner, script) = (made["containers"]![0]!, made["containers"]![1]!);

        Assert.Equal((image, (long)user), ((string?)script["image"], (long)made["securityContext"]!["runAsUser"]!));
        Assert.Contains("--data=/logs", runner["args"]!.AsArray().Select(argument => (string)argument!));
        Assert.Null(runner["volumeMounts"]![0]!["subPath"]);
        Assert.Equal(image == "mariadb:11", script["volumeMounts"]!.AsArray().Any(mount => (string?)mount!["mountPath"] == "/var/lib/mysql" && (string?)mount["subPath"] == "pgdata"));
    }

    [Theory]
    [InlineData(true, true, false)]
    [InlineData(true, false, true)]
    [InlineData(false, false, false)]
    public void A_claim_without_a_pod_is_not_scheduled_where_commands_need_one_and_the_status_says_so(bool hasCommands, bool runs, bool isSuspended)
    {
        var plan = PlanCase.Read("freeze").Plan;
        var terms = hasCommands ? plan.Terms : plan.Terms with { Settings = plan.Terms.Settings with { Consistency = new ConsistencyPolicy() } };
        plan = plan with { Policy = plan.Policy with { Policy = terms }, Claims = [plan.Claims.Single() with { Runs = runs }] };

        Assert.Equal(isSuspended, (bool)BackupCronJob.For(plan, plan.Claims.Single()).Body["spec"]!["suspend"]!);
        var status = WorkloadStatus.Protected(plan, [], isRestored: false);
        Assert.True(status.IsGood);
        Assert.Equal(isSuspended, status.Text.Contains("; backups of data-mariadb-0 are suspended as long as no pod has them", StringComparison.Ordinal));
        // For the minutes of a restore it is not said, which would be an Event each time.
        Assert.Equal("1 claim protected by policy \"nightly\"", WorkloadStatus.Protected(plan, [], isRestored: true).Text);
    }

    [Fact]
    public void Nothing_is_made_for_a_workload_without_claims() => Assert.Empty(WantedObjects.For(Plan with { Claims = [] }));

    [Fact]
    public void A_policy_that_cannot_be_carried_out_plans_nothing() =>
        Assert.Throws<InvalidOperationException>(() => WantedObjects.For(Plan with { Policy = Plan.Policy with { Policy = null, Problems = ["bad"] } }));

    static JsonNode Container(ProtectionPlan plan, ProtectedClaim claim) =>
        BackupCronJob.For(plan, claim).Body["spec"]!["jobTemplate"]!["spec"]!["template"]!["spec"]!["containers"]![0]!;
}
