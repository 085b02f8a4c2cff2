namespace BackupRunner.Tests.Manifests;

/// <summary>Every Role of the examples gives what the runner asks for and nothing more, by names that are there.</summary>
public sealed class ExampleRoleTests
{
    static readonly ManifestFolder Redis = ManifestFolder.Redis;

    static readonly string[] OfBackup =
    [
        "coordination.k8s.io leases get update", "apps statefulsets get", " pods get list watch", " pods/exec create get",
    ];

    [Fact]
    public void A_backup_may_not_stop_the_workload() => Assert.Equal(OfBackup.Order(), Rules("backup-redis"));

    [Fact]
    public void A_restore_may_scale_it_besides() => Assert.Equal(OfBackup.Append("apps statefulsets/scale get patch").Order(), Rules("restore-redis"));

    [Fact]
    public void Everything_but_looking_at_pods_is_by_name() => Assert.All(Redis.Of<RoleObject>().SelectMany(role => role.Rules), rule =>
    {
        Assert.DoesNotContain("*", rule.ApiGroups.Concat(rule.Resources).Concat(rule.Verbs));
        Assert.Equal(rule.Resources is ["pods"], rule.ResourceNames.Count == 0);
    });

    [Fact]
    public void The_names_are_there() => Assert.All(Redis.Of<RoleObject>().SelectMany(role => role.Rules), rule => Assert.Empty(rule.ResourceNames.Except(Known(rule.Resources.Single()))));

    [Fact]
    public void Every_Lease_and_every_pod_is_within_reach_of_a_restore()
    {
        var rules = Redis.Named<RoleObject>("restore-redis").Rules;
        Assert.All(new[] { "leases", "pods/exec", "statefulsets", "statefulsets/scale" },
            resource => Assert.Equal(Known(resource).Order(), rules.Single(rule => rule.Resources.Contains(resource)).ResourceNames.Order()));
    }

    [Fact]
    public void Bindings_bind_accounts_and_Roles_that_are_there()
    {
        Assert.Equal(Redis.Of<RoleObject>().Select(role => role.Metadata.Name).Order(), Redis.Of<RoleBindingObject>().Select(binding => binding.RoleRef.Name).Order());
        Assert.All(Redis.Of<RoleBindingObject>(), binding =>
        {
            Assert.Equal(("rbac.authorization.k8s.io", "Role"), (binding.RoleRef.ApiGroup, binding.RoleRef.Kind));
            Redis.Named<RoleObject>(binding.RoleRef.Name);
            Assert.All(binding.Subjects, subject => Redis.Named<ServiceAccountObject>(subject.Name));
        });
    }

    static IEnumerable<string> Rules(string role) => Redis.Named<RoleObject>(role).Rules
        .Select(rule => $"{string.Join(' ', rule.ApiGroups)} {string.Join(' ', rule.Resources)} {string.Join(' ', rule.Verbs.Order())}").Order();

    static HashSet<string> Known(string resource) => [.. resource switch
    {
        "leases" => Redis.Of<LeaseObject>().Select(lease => lease.Metadata.Name),
        "pods/exec" => Redis.Of<StatefulSetObject>().SelectMany(workload => workload.Pods),
        "statefulsets" or "statefulsets/scale" => Redis.Of<StatefulSetObject>().Select(workload => workload.Metadata.Name),
        _ => [],
    }];
}
