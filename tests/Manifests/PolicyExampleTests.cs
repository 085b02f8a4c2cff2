using System.Text.Json.Nodes;
using BackupRunner.Names;
using BackupRunner.Policy;
using BackupRunner.Templates;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Manifests;

/// <summary>Every folder of manifests/examples that has a BackupPolicy: its policy can be run, and its files name each other rightly.</summary>
public sealed class PolicyExampleTests
{
    static readonly IReadOnlyList<ManifestFolder> Examples = [.. ManifestFolder.Shipped.Where(folder => folder.Of<BackupPolicyObject>().Any())];

    public static TheoryData<string> Names => [.. Examples.Select(NameOf)];

    [Fact]
    public void There_is_one_of_each() => Assert.Equal(["etcd", "mariadb", "postgresql", "rabbitmq", "redis"], Examples.Select(NameOf).Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void The_policy_is_complete_and_warns_of_nothing(string name)
    {
        var policy = Policy(name);
        Assert.Empty(PolicyCompleteness.Problems(policy));
        Assert.Empty(PolicyLints.For(policy));
        Assert.True(policy.Schedule.Enabled);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Its_templates_render_to_what_a_shell_can_read(string name)
    {
        var (policy, set) = (Policy(name), Folder(name).Of<StatefulSetObject>().Single());
        var mount = set.Spec.Template.Spec.Containers[0].VolumeMounts.Single(mount => mount.Name == set.Spec.VolumeClaimTemplates.Single().Metadata.Name);
        var values = new Dictionary<string, object?>(policy.Values) { ["dataPath"] = mount.MountPath };
        var model = new TemplateModel(values, new BackupNames("20261122t020000z-k3x7qa", "2026-11-22T02:00:00Z", "/backup/backup.tar.gz", "/backup/backup.tar.gz.sha256"),
            new WorkloadNames("statefulset", set.Metadata.Name, "default", set.Pods.First(), set.Spec.Template.Spec.Containers[0].Name, set.Claims.First()));
        Assert.NotEmpty(PolicyTemplates.Of(policy));
        Assert.All(PolicyTemplates.Of(policy), template =>
        {
            var parsed = CommandTemplate.Parse(template.Text);
            Assert.Empty(parsed.Check(model));
            Assert.Equal("", Shell.Run("dash", "-n", "-c", parsed.Render(model)));
        });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Passwords_are_no_arguments_and_no_pipe_hides_a_failure(string name) => Assert.All(PolicyTemplates.Of(Policy(name)), template =>
    {
        Assert.DoesNotMatch("--password[= ]|-p\\$|-p\"|-a \\$", template.Text);
        // Of a pipe a shell sees only the last command's end; "||" and a template's own are none, and those are in braces.
        Assert.DoesNotMatch(@"(?<!\|)\|(?!\|)", System.Text.RegularExpressions.Regex.Replace(template.Text, @"\{\{.*?\}\}", ""));
    });

    [Theory]
    [MemberData(nameof(Names))]
    public void Its_Secrets_are_there(string name)
    {
        var (folder, policy) = (Folder(name), Policy(name));
        Assert.NotEmpty(folder.Named<SecretObject>(policy.Storage!.SecretRef!.Name!).StringData);
        var key = policy.Settings.Encryption.KeySecretRef!;
        Assert.Contains(key.KeyField, folder.Named<SecretObject>(key.Name!).StringData.Keys);
        var variables = folder.Of<StatefulSetObject>().Single().Spec.Template.Spec.Containers.SelectMany(container => container.Env);
        Assert.All(variables.Select(variable => variable.ValueFrom.SecretKeyRef).OfType<SecretKey>(), used => Assert.Contains(used.Key, folder.Named<SecretObject>(used.Name).StringData.Keys));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_restore_is_three_annotations_on_a_Job_that_the_webhook_completes(string name)
    {
        var (folder, set) = (Folder(name), Folder(name).Of<StatefulSetObject>().Single());
        var job = Assert.Single(folder.Of<JobObject>(), job => job.Metadata.Annotations.ContainsKey(ClusterNames.RestoreAnnotation));
        Assert.Equal([ClusterNames.BackupAnnotation, ClusterNames.ClaimAnnotation, ClusterNames.RestoreAnnotation], job.Metadata.Annotations.Keys.Order());
        Assert.Equal($"StatefulSet/{set.Metadata.Name}", job.Metadata.Annotations[ClusterNames.RestoreAnnotation]);
        Assert.Contains(job.Metadata.Annotations[ClusterNames.ClaimAnnotation], set.Claims);
        Assert.Equal("latest", job.Metadata.Annotations[ClusterNames.BackupAnnotation]);
        Assert.True(job is { Metadata: { Name: "", GenerateName.Length: > 0 }, Spec.Template.Spec: { RestartPolicy: "Never", Containers.Count: 0 } });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_workload_fits_restricted_pod_security_and_a_restore(string name)
    {
        var set = Folder(name).Of<StatefulSetObject>().Single();
        var pod = set.Spec.Template.Spec;
        Assert.True(pod.SecurityContext is { RunAsNonRoot: true, RunAsUser: > 0, FsGroup: > 0, SeccompProfile.Type: "RuntimeDefault" });
        Assert.All(pod.Containers, container => Assert.True(container.SecurityContext is { AllowPrivilegeEscalation: false, ReadOnlyRootFilesystem: true, Capabilities: { Drop: ["ALL"], Add: [] } }));
        Assert.Equal("Retain", set.Spec.PersistentVolumeClaimRetentionPolicy.WhenScaled);
        Assert.All(pod.Containers.SelectMany(container => container.VolumeMounts), mount =>
            Assert.Contains(mount.Name, pod.Volumes.Select(volume => volume.Name).Concat(set.Spec.VolumeClaimTemplates.Select(template => template.Metadata.Name))));
        // Where commands.backup puts its archive. A volume of its own: an emptyDir that fills the node's disk gets the workload evicted.
        if (Policy(name).Commands.Backup is not null)
            Assert.NotNull(pod.Volumes.Single(volume => volume.Name == pod.Containers[0].VolumeMounts.Single(mount => mount.MountPath == "/backup").Name).Ephemeral);
        var affinity = pod.Affinity.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution.Single().PodAffinityTerm.LabelSelector.MatchLabels;
        Assert.Equal(ClusterNames.OfRestoreAccount(ClusterNames.StatefulSet, set.Metadata.Name), affinity["app.kubernetes.io/instance"]);
    }

    // The Redis example is also one for a cluster without the webhook: its README says what to apply and annotate.
    [Theory]
    [MemberData(nameof(Names))]
    public void The_workload_names_the_policy_and_kustomize_applies_both(string name)
    {
        if (name == "redis")
            return;
        var (folder, set) = (Folder(name), Folder(name).Of<StatefulSetObject>().Single());
        Assert.Equal(folder.Of<BackupPolicyObject>().Single().Metadata.Name, set.Metadata.Annotations[ClusterNames.PolicyAnnotation]);
        Assert.Contains(set.Spec.Template.Metadata.Annotations["kubectl.kubernetes.io/default-container"], set.Spec.Template.Spec.Containers.Select(container => container.Name));
        var files = folder.All.Where(entry => entry.Object is not (KustomizationObject or JobObject)).Select(entry => entry.File).Distinct();
        var kustomization = Assert.Single(folder.Of<KustomizationObject>());
        Assert.Equal(files.Order(), kustomization.Resources.Order());
        Assert.All(folder.All.Select(entry => entry.Object).Where(found => found is not KustomizationObject), found => Assert.Equal(kustomization.Namespace, found.Metadata.Namespace));
    }

    [Fact]
    public void The_policy_of_redis_is_the_one_without_the_webhook()
    {
        var bySelf = ExampleFolderTests.Policy("backup-redis-policy");
        Assert.Equal(PolicyTemplates.Of(bySelf), PolicyTemplates.Of(Policy("redis")));
        Assert.Equal((bySelf.Storage, bySelf.Retention, bySelf.Schedule), (Policy("redis").Storage, Policy("redis").Retention, Policy("redis").Schedule));
    }

    static ManifestFolder Folder(string name) => Examples.Single(folder => NameOf(folder) == name);

    static string NameOf(ManifestFolder folder) => Path.GetFileName(folder.Path);

    static BackupPolicy Policy(string name) =>
        PolicyDocument.Parse(new JsonObject { ["backup"] = Yaml.DocumentsIn(Path.Join(Folder(name).Path, "backuppolicy.yaml")).Single()["spec"]!.DeepClone() }.ToJsonString()).Policy;
}
