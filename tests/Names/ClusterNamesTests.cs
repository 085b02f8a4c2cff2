using System.Text.RegularExpressions;
using BackupRunner.Names;

namespace BackupRunner.Tests.Names;

public sealed partial class ClusterNamesTests
{
    [Fact]
    public void Names_of_a_stateful_set_are_readable()
    {
        Assert.Equal("backup-redis-data-redis-0", ClusterNames.OfClaim("statefulset", "redis", "data-redis-0"));
        Assert.Equal("restore-statefulset-redis", ClusterNames.OfRestore("statefulset", "redis"));
    }

    [Fact]
    public void Two_workloads_whose_names_run_together_are_told_apart()
    {
        var names = new[] { ("deployment", "a", "b-c"), ("deployment", "a-b", "c"), ("daemonset", "a", "b-c") };

        Assert.Equal(names.Length, names.Select(name => ClusterNames.OfClaim(name.Item1, name.Item2, name.Item3)).Distinct().Count());
    }

    [Theory]
    [InlineData(10)]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(100)]
    [InlineData(250)]
    public void A_long_name_fits_a_cron_job_and_stays_its_own(int length)
    {
        var workload = new string('w', length);
        var names = Enumerable.Range(0, 20).Select(ordinal => ClusterNames.OfClaim("statefulset", workload, $"data-{workload}-{ordinal}")).ToList();

        Assert.All(names, name => Assert.InRange(name.Length, 1, ClusterNames.MaxCronJobLength));
        Assert.All(names, name => Assert.Matches(Subdomain(), name));
        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.InRange(ClusterNames.OfRestore("statefulset", workload).Length, 1, ClusterNames.MaxLabelLength);
    }

    [Fact]
    public void A_name_that_is_cut_at_a_dot_or_a_dash_is_still_a_name()
    {
        for (var length = 20; length < 60; length++)
        {
            var workload = string.Concat(Enumerable.Repeat("a-.", 40))[..length].TrimEnd('-', '.');
            Assert.Matches(Subdomain(), ClusterNames.OfClaim("deployment", workload, "data"));
        }
    }

    [Fact]
    public void No_two_claims_of_any_workloads_have_one_name()
    {
        string[] words = ["a", "b", "a-a", "a-b", "b-a", "a-a-a", "a-b-a", "a-x-a", "x"];
        var claims = words.SelectMany(_ => words, (workload, template) => (workload, template)).SelectMany(pair => new[]
        {
            ("statefulset", pair.workload, $"{pair.template}-{pair.workload}-0"),
            ("statefulset", pair.workload, $"{pair.template}-{pair.workload}-1"),
            ("statefulset", pair.workload, $"{pair.template}-{pair.workload}-01"),
            ("statefulset", pair.workload, pair.template),
            ("deployment", pair.workload, pair.template),
            ("deployment", pair.workload, $"{pair.template}-{pair.workload}-0"),
        }).Distinct().ToList();

        Assert.Equal(claims.Count, claims.Select(claim => ClusterNames.OfClaim(claim.Item1, claim.Item2, claim.Item3)).Distinct().Count());
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
    private static partial Regex Subdomain();
}
