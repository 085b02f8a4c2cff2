using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Schedule;
using BackupRunner.Templates;

namespace BackupRunner.Tests.Manifests;

/// <summary>manifests/examples/redis as a whole: its files name each other rightly.</summary>
public sealed class ExampleFolderTests
{
    static readonly ManifestFolder Redis = ManifestFolder.Redis;

    [Fact]
    public void Kustomize_applies_everything_but_restores()
    {
        var files = Redis.All.Where(entry => entry.Object is not (KustomizationObject or JobObject or BackupRequestObject)).Select(entry => entry.File).Distinct().Except(["policy-commands-configmap.yaml", "backuppolicy.yaml"]);
        Assert.Equal(files.Order(), Assert.Single(Redis.Of<KustomizationObject>()).Resources.Order());
    }

    // "apply" refuses an object without a name, so that a whole folder can be applied without starting a restore.
    [Fact]
    public void Restores_can_only_be_created() => Assert.All(
        Redis.All.Select(entry => entry.Object).Where(found => found is JobObject or BackupRequestObject), found => Assert.True(found is { Metadata: { Name: "", GenerateName.Length: > 0 } }));

    [Fact]
    public void Everything_is_in_one_namespace()
    {
        var space = Assert.Single(Redis.Of<KustomizationObject>()).Namespace;
        Assert.All(Redis.All.Select(entry => entry.Object).Where(found => found is not KustomizationObject), found => Assert.Equal(space, found.Metadata.Namespace));
        Assert.All(Redis.Of<RoleBindingObject>().SelectMany(binding => binding.Subjects), subject => Assert.Equal(space, subject.Namespace));
    }

    [Fact]
    public void The_Leases_are_those_that_the_runner_asks_for()
    {
        var workload = Assert.Single(Redis.Of<StatefulSetObject>());
        var names = workload.Claims.Select(claim => ClusterNames.OfClaim(ClusterNames.StatefulSet, workload.Metadata.Name, claim))
            .Append(ClusterNames.OfRestore(ClusterNames.StatefulSet, workload.Metadata.Name));
        Assert.Equal(names.Order(), Redis.Of<LeaseObject>().Select(lease => lease.Metadata.Name).Order());
    }

    [Theory]
    [InlineData("backup-redis-policy")]
    [InlineData("backup-redis-policy-commands")]
    public void The_policy_is_complete_names_its_cluster_and_warns_of_nothing_unexpected(string name)
    {
        var policy = Policy(name);
        Assert.Empty(PolicyCompleteness.Problems(policy));
        Assert.NotNull(policy.Cluster);
        Assert.All(PolicyTemplates.Of(policy), template => CommandTemplate.Parse(template.Text));
        Assert.Empty(PolicyLints.For(policy));
        Assert.Equal(Assert.Single(Redis.Of<StatefulSetObject>()).Spec.Template.Spec.Containers[0].Name, policy.Settings.Consistency.Container);
    }

    [Fact]
    public void The_CronJob_runs_when_the_policy_says()
    {
        var (schedule, job) = (Policy("backup-redis-policy").Schedule, Assert.Single(Redis.Of<CronJobObject>()).Spec);
        Assert.True(schedule.Enabled);
        Assert.Equal(schedule.Cron, CronSchedule.Parse(job.Schedule));
        Assert.Equal(schedule.TimeZone?.Id, job.TimeZone);
    }

    [Fact]
    public void A_restore_cannot_delete_the_claim() =>
        Assert.Equal("Retain", Assert.Single(Redis.Of<StatefulSetObject>()).Spec.PersistentVolumeClaimRetentionPolicy.WhenScaled);

    internal static BackupPolicy Policy(string name) => PolicyDocument.Parse(Redis.Named<ConfigMapObject>(name).Data["policy.yaml"]).Policy;
}
