using BackupRunner.Names;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Manifests;

/// <summary>The pods that the examples start.</summary>
public sealed class ExamplePodTests : IDisposable
{
    const string Restore = "restore-job.yaml";
    const string RestoreByCommand = "restore-job-command.yaml";
    const string Backup = "cronjob.yaml";

    static readonly ManifestFolder Redis = ManifestFolder.Redis;
    static readonly StatefulSetObject Workload = Redis.Of<StatefulSetObject>().Single();

    readonly Scratch scratch = new();

    public static TheoryData<string> Files => [Backup, Restore, RestoreByCommand];

    public void Dispose() => scratch.Dispose();

    // The policy is not on this machine: who comes so far as to miss it has understood all of the arguments.
    [Theory]
    [MemberData(nameof(Files))]
    public async Task The_runner_understands_its_arguments(string file)
    {
        var runner = Runner(file);
        var result = (await new RunnerCall(scratch.Folder("state")).InProcess([.. runner.Args])).Exited(2);
        Assert.Contains($"cannot read the policy \"{runner.Option("policy")}\": there is no such file", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Backup, "backup", "backup-redis")]
    [InlineData(Restore, "restore", "restore-redis")]
    [InlineData(RestoreByCommand, "restore", "restore-redis")]
    public void Its_verb_account_workload_and_claim_belong_together(string file, string verb, string account)
    {
        var (pod, runner) = (Pod(file).Spec, Runner(file));
        Assert.Equal(verb, runner.Args[0]);
        Assert.Equal(account, pod.ServiceAccountName);
        Redis.Named<ServiceAccountObject>(account);
        Assert.Equal($"statefulset/{Workload.Metadata.Name}", runner.Option("workload"));
        Assert.Contains(runner.Option("claim"), Workload.Claims);
        Assert.Equal(runner.Option("claim"), Data(pod).PersistentVolumeClaim!.ClaimName);
        Assert.Equal("metadata.name", Assert.Single(runner.Env, variable => variable.Name == "POD_NAME").ValueFrom.FieldRef?.FieldPath);
        if (file == Backup)
            Assert.Equal(ClusterNames.OfClaim(ClusterNames.StatefulSet, Workload.Metadata.Name, runner.Option("claim")!), Redis.Of<CronJobObject>().Single().Metadata.Name);
    }

    // With the mount alone kubelet would give live data another group.
    [Theory]
    [InlineData(Backup, true)]
    [InlineData(Restore, false)]
    [InlineData(RestoreByCommand, false)]
    public void A_backup_reads_the_claim_twice_read_only_where_the_workload_has_it(string file, bool readOnly)
    {
        var (pod, runner) = (Pod(file).Spec, Runner(file));
        var mount = Assert.Single(runner.VolumeMounts, mount => mount.Name == Data(pod).Name);
        Assert.Equal((readOnly, readOnly), (Data(pod).PersistentVolumeClaim!.ReadOnly, mount.ReadOnly));
        Assert.Equal(runner.Option("data"), mount.MountPath);
        Assert.Contains(mount.MountPath, Workload.Spec.Template.Spec.Containers[0].VolumeMounts.Select(theirs => theirs.MountPath));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Volumes_mounts_policy_and_Secrets_fit(string file)
    {
        var (pod, runner) = (Pod(file).Spec, Runner(file));
        Assert.Equal(pod.Volumes.Select(volume => volume.Name).Order(), pod.Containers.SelectMany(container => container.VolumeMounts).Select(mount => mount.Name).Distinct().Order());
        var policy = ExampleFolderTests.Policy(Source(Path.GetDirectoryName(runner.Option("policy"))!).ConfigMap!.Name);
        Assert.Equal("policy.yaml", Path.GetFileName(runner.Option("policy")));
        var credentials = Source(runner.Option("credentials")!).Secret!;
        var keys = Source(runner.Option("keys")!).Secret!;
        Assert.Equal(policy.Storage!.SecretRef!.Name, credentials.SecretName);
        Assert.Equal(policy.Settings.Encryption.KeySecretRef!.Name, keys.SecretName);
        Assert.Contains(policy.Settings.Encryption.KeySecretRef.KeyField, Redis.Named<SecretObject>(keys.SecretName).StringData.Keys);
        Redis.Named<SecretObject>(credentials.SecretName);
        // Not root's alone: the runner is none, and reads by the group.
        Assert.All([credentials, keys], secret => Assert.Equal(Convert.ToInt32("440", 8), secret.DefaultMode));
        Assert.All(["/backup", "/tmp"], folder => Assert.NotNull(Source(folder).EmptyDir));
        Assert.Equal(file == RestoreByCommand, policy.Commands.Restore is not null);

        Volume Source(string path) => pod.Volumes.Single(volume => volume.Name == runner.VolumeMounts.Single(mount => mount.MountPath == path).Name);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void It_runs_as_the_workload_and_fits_restricted_pod_security(string file)
    {
        var pod = Pod(file).Spec;
        Assert.Equal(Workload.Spec.Template.Spec.SecurityContext, pod.SecurityContext);
        Assert.True(pod.SecurityContext is { RunAsNonRoot: true, RunAsUser: > 0, FsGroup: > 0, SeccompProfile.Type: "RuntimeDefault" });
        Assert.All(pod.Containers, container =>
        {
            Assert.True(container.SecurityContext is { AllowPrivilegeEscalation: false, ReadOnlyRootFilesystem: true, Capabilities: { Drop: ["ALL"], Add: [] } });
            Assert.Contains("memory", container.Resources.Limits.Keys);
        });
        Assert.Single(Redis.All.Select(entry => entry.File).Where(name => name is Backup or Restore or RestoreByCommand).Distinct().Select(name => Runner(name).Image).Distinct());
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void It_is_not_taken_for_a_pod_of_the_workload(string file)
    {
        Assert.False(Workload.Spec.Selector.Selects(Pod(file).Metadata.Labels));
        Assert.All(Redis.Of<ServiceObject>(), service => Assert.False(new Selector { MatchLabels = service.Spec.Selector }.Selects(Pod(file).Metadata.Labels)));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void It_goes_where_the_volume_is(string file)
    {
        var affinity = Pod(file).Spec.Affinity.PodAffinity;
        var (required, preferred) = (affinity.RequiredDuringSchedulingIgnoredDuringExecution, affinity.PreferredDuringSchedulingIgnoredDuringExecution);
        // A restore must also start when nothing of the workload runs.
        Assert.Equal(file == Backup ? (1, 0) : (0, 1), (required.Count, preferred.Count));
        var term = required.Concat(preferred.Select(weighted => weighted.PodAffinityTerm)).Single();
        Assert.Equal("kubernetes.io/hostname", term.TopologyKey);
        var target = Assert.Single(term.LabelSelector.MatchLabels);
        Assert.Equal("statefulset.kubernetes.io/pod-name", target.Key);
        Assert.EndsWith("-" + target.Value, Runner(file).Option("claim"), StringComparison.Ordinal);
    }

    // At the end of a restore the volume is still attached to the restore's node, and the workload has to come up on it.
    [Theory]
    [InlineData(Restore)]
    [InlineData(RestoreByCommand)]
    public void The_workload_comes_back_where_its_restore_is(string file)
    {
        var terms = Workload.Spec.Template.Spec.Affinity.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution;
        Assert.Contains(terms, term => term.PodAffinityTerm.LabelSelector.Selects(Pod(file).Metadata.Labels));
        Assert.DoesNotContain(terms, term => term.PodAffinityTerm.LabelSelector.Selects(Pod(Backup).Metadata.Labels));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_drained_node_is_forgiven_and_what_trying_again_cannot_mend_is_not_tried_again(string file)
    {
        var (job, pod) = (Job(file), Pod(file).Spec);
        Assert.Equal(("Never", 90), (pod.RestartPolicy, pod.TerminationGracePeriodSeconds));
        Assert.Equal(2, job.BackoffLimit);
        Assert.Equal(file == Backup, job.ActiveDeadlineSeconds is not null);
        var (drained, failed) = (job.PodFailurePolicy.Rules[0], job.PodFailurePolicy.Rules[1]);
        Assert.Equal(("Ignore", "DisruptionTarget", "True"), (drained.Action, drained.OnPodConditions.Single().Type, drained.OnPodConditions.Single().Status));
        Assert.Equal(("FailJob", Runner(file).Name), (failed.Action, failed.OnExitCodes!.ContainerName));
        Assert.Equal(file == Backup ? "In 2 5 6 7" : "NotIn 0", $"{failed.OnExitCodes.Operator} {string.Join(' ', failed.OnExitCodes.Values)}");
    }

    [Fact]
    public void Backups_of_one_claim_do_not_pile_up()
    {
        var spec = Redis.Of<CronJobObject>().Single().Spec;
        Assert.Equal(("Forbid", false), (spec.ConcurrencyPolicy, spec.Suspend));
        Assert.True(spec.StartingDeadlineSeconds > 100);
    }

    [Fact]
    public void The_second_container_is_the_workloads_and_runs_the_runners_wrapper()
    {
        var pod = Pod(RestoreByCommand).Spec;
        var (second, theirs) = (pod.Containers.Single(container => container.Name == RestoreContainer.Name), Workload.Spec.Template.Spec.Containers[0]);
        Assert.Equal(theirs.Image, second.Image);
        Assert.Equal(["sh", "-c"], second.Command);
        Assert.Equal([RestoreContainer.Wrapper, "sh", $"/backup/{RestoreContainer.Folder}"], second.Args);
        Assert.Equal(Runner(RestoreByCommand).Option("data"), second.VolumeMounts.Single(mount => mount.Name == Data(pod).Name && !mount.ReadOnly).MountPath);
        Assert.Contains("/backup", second.VolumeMounts.Select(mount => mount.MountPath));
    }

    static JobSpec Job(string file) => Redis.All.Where(entry => entry.File == file).Select(entry => entry.Object).Single() switch
    {
        CronJobObject cron => cron.Spec.JobTemplate.Spec,
        JobObject job => job.Spec,
        var other => throw new InvalidOperationException($"{file} holds a {other.Kind}"),
    };

    static PodTemplate Pod(string file) => Job(file).Template;

    static Container Runner(string file) => Pod(file).Spec.Containers.Single(container => container.Name == "runner");

    static Volume Data(PodSpec pod) => Assert.Single(pod.Volumes, volume => volume.PersistentVolumeClaim is not null);
}
