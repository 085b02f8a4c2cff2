using BackupRunner.Webhook.Reconcile;

namespace BackupRunner.Tests.Webhook;

public sealed class AssessorTests
{
    [Theory]
    [InlineData("kube-system", false)]
    [InlineData("default", true)]
    public void Where_admission_is_not_asked_nothing_is_planned_and_the_status_says_why(string space, bool isPlanned)
    {
        var assessment = Of(Scene.Redis, space);
        Assert.Equal(isPlanned, assessment.Plan is not null);
        if (isPlanned)
            return;
        var status = WorkloadStatus.Unchanged(assessment);
        Assert.Equal(("NotReconciled", false), (status.Reason, status.IsGood));
        Assert.StartsWith("nothing is protected in namespace \"kube-system\", about which admission is not asked", status.Text);
    }

    [Fact]
    public void A_workload_of_Windows_is_left_alone_and_says_why()
    {
        var assessment = Of(Scene.Redis.Replace("      containers:", "      os: {name: windows}\n      containers:"), "default");
        Assert.Null(assessment.Plan);
        Assert.Contains("its pods run Windows", Assert.Single(assessment.Problems));
    }

    static Assessment Of(string redis, string space)
    {
        var cluster = new ListedCluster().With(redis.Replace("namespace: default", $"namespace: {space}")).With(Scene.Nightly.Replace("namespace: default", $"namespace: {space}"));
        var cache = new ClusterCache();
        cache.Put(cluster.Policy(space, "nightly")!, PolicyKeyIds.None);
        return new Assessor(cache, Scene.Defaults with { Unreviewed = ["kube-system", "backup-system"] }, new ProblemNotes()).Of(cluster.Protected().Single());
    }
}
