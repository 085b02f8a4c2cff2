using System.Text;
using System.Text.Json;
using BackupRunner.Webhook.Reconcile;

namespace BackupRunner.Tests.Webhook;

public sealed class DriftTests
{
    const string Metadata = """
        "metadata": {"labels": {"a": "b"}, "annotations": {}, "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "redis", "uid": "u", "controller": false, "blockOwnerDeletion": false}]}
        """;

    const string Wanted = """
        {"apiVersion": "batch/v1", "kind": "CronJob",
         "metadata": {"name": "x", "labels": {"a": "b"}, "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "redis", "uid": "u"}]},
         "spec": {"schedule": "0 2 * * *", "suspend": false, "list": [{"name": "runner", "args": ["backup"], "emptyDir": {}}], "none": []}}
        """;

    static Drift Of(string metadata, string spec) =>
        Drifting.Of(JsonDocument.Parse(Wanted).RootElement, Encoding.UTF8.GetBytes($"{{{metadata}, \"spec\": {spec}}}"));

    [Theory]
    [InlineData("""{"schedule": "0 2 * * *", "suspend": false, "list": [{"name": "runner", "args": ["backup"], "emptyDir": {}}]}""", Drift.None)]
    // What the server fills in.
    [InlineData("""{"schedule": "0 2 * * *", "failedJobsHistoryLimit": 1, "list": [{"name": "runner", "args": ["backup"], "emptyDir": {}, "terminationMessagePolicy": "File", "imagePullPolicy": "Always"}]}""", Drift.None)]
    [InlineData("""{"schedule": "0 2 * * *", "list": [{"name": "runner", "args": ["backup"], "emptyDir": {}, "serviceAccountName": "s", "serviceAccount": "s"}]}""", Drift.Extra)]
    // Changed, missing, put in beside.
    [InlineData("""{"schedule": "0 3 * * *", "list": [{"name": "runner", "args": ["backup"], "emptyDir": {}}]}""", Drift.Changed)]
    [InlineData("""{"list": [{"name": "runner", "args": ["backup"], "emptyDir": {}}]}""", Drift.Changed)]
    [InlineData("""{"schedule": "0 2 * * *", "suspend": true, "list": [{"name": "runner", "args": ["backup"], "emptyDir": {}}]}""", Drift.Changed)]
    [InlineData("""{"schedule": "0 2 * * *", "list": [{"name": "runner", "args": ["backup", "--data=/etc"], "emptyDir": {}}]}""", Drift.Extra)]
    [InlineData("""{"schedule": "0 2 * * *", "list": [{"name": "runner", "args": [], "emptyDir": {}}]}""", Drift.Changed)]
    [InlineData("""{"schedule": "0 2 * * *", "list": [{"name": "runner", "args": ["backup"], "emptyDir": {}}, {"name": "spy"}]}""", Drift.Extra)]
    [InlineData("""{"schedule": "0 2 * * *", "list": [{"name": "runner", "args": ["backup"], "emptyDir": {}, "hostNetwork": true}]}""", Drift.Extra)]
    [InlineData("""{"schedule": "0 2 * * *", "list": [{"name": "runner", "args": ["backup"], "emptyDir": {}, "imagePullPolicy": "Never"}]}""", Drift.Extra)]
    // A difference counts more than something beside it.
    [InlineData("""{"schedule": "0 3 * * *", "more": 1, "list": [{"name": "runner", "args": ["backup"], "emptyDir": {}, "hostNetwork": true}]}""", Drift.Changed)]
    public void Of_a_spec(string spec, Drift expected) => Assert.Equal(expected, Of(Metadata, spec));

    [Theory]
    [InlineData("suspend", Drift.None)]
    [InlineData("enableServiceLinks", Drift.Changed)]
    [InlineData("allowPrivilegeEscalation", Drift.Changed)]
    [InlineData("automountServiceAccountToken", Drift.Changed)]
    public void False_is_not_absent_unless_absent_is_false(string field, Drift expected) => Assert.Equal(expected, Drifting.Of(
        JsonDocument.Parse($$$"""{"metadata": {}, "spec": {"list": [{"{{{field}}}": false}]}}""").RootElement, """{"metadata": {}, "spec": {"list": [{}]}}"""u8.ToArray()));

    [Theory]
    [InlineData("\"a\": \"b\"", "\"a\": \"b\", \"team\": \"db\"", Drift.None)]
    [InlineData("\"a\": \"b\"", "\"a\": \"c\"", Drift.Changed)]
    [InlineData("\"a\": \"b\"", "", Drift.Changed)]
    [InlineData("\"uid\": \"u\"", "\"uid\": \"v\"", Drift.Changed)]
    [InlineData("\"name\": \"redis\"", "\"name\": \"other\"", Drift.Changed)]
    public void Of_metadata(string was, string now, Drift expected)
    {
        var metadata = Metadata.Replace(was, now, StringComparison.Ordinal);
        Assert.NotEqual(was == now, metadata != Metadata);
        Assert.Equal(expected, Of(metadata, """{"schedule": "0 2 * * *", "list": [{"name": "runner", "args": ["backup"], "emptyDir": {}}]}"""));
    }
}
