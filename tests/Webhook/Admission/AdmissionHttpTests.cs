using System.Text;
using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Transcripts;
using BackupRunner.Tests.Support;
using BackupRunner.Tests.Webhook.Status;
using BackupRunner.Webhook.Admission;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Tests.Webhook;

/// <summary>What anybody may send to the port, and what the API server sends.</summary>
public sealed class AdmissionHttpTests : IAsyncLifetime
{
    const string Uid = "705ab4f5-6393-11e8-b7cc-42010a800002";

    // Far more than any of these takes, and far less than a cost that grows with a product of sizes.
    static readonly TimeSpan Fast = TimeSpan.FromSeconds(60);

    readonly TestAuthority authority = new();
    AdmissionServer server = null!;

    public async ValueTask InitializeAsync() =>
        server = await AdmissionServer.Start(authority, new ListedCluster().With(Scene.Redis).With(Scene.Nightly), (_, _) => Task.FromResult(true));

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        authority.Dispose();
    }

    [Fact]
    public async Task Every_recorded_review_is_answered()
    {
        var denied = new List<string>();
        foreach (var transcript in Transcript.Of("admission"))
        {
            var seen = await server.Ask((string)transcript.Json["path"]!, Bytes(transcript.Json["body"]!));
            Assert.Equal((string)transcript.Json["body"]!["request"]!["uid"]!, seen.Uid);
            if (!seen.IsAllowed)
                denied.Add(transcript.Name);
        }
        // 12 and 14 were completed by another webhook; 16 has no volume; 18 has an annotation that we do not know.
        Assert.Equal(["12-validate-create-jobs", "14-validate-create-jobs", "16-validate-create-statefulsets", "18-validate-create-deployments"], denied);
    }

    [Theory]
    [InlineData("GET", "application/json", "{}", 405)]
    [InlineData("PUT", "application/json", "{}", 405)]
    [InlineData("POST", null, "{}", 415)]
    [InlineData("POST", "application/yaml", "{}", 415)]
    [InlineData("POST", "text/plain; application/json", "{}", 415)]
    [InlineData("POST", "application/json", "", 400)]
    [InlineData("POST", "application/json; charset=utf-8", "{}", 400)]
    [InlineData("POST", "application/json", "null", 400)]
    [InlineData("POST", "application/json", "[]", 400)]
    [InlineData("POST", "application/json", "\"x", 400)]
    [InlineData("POST", "application/json", "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\"}", 400)]
    [InlineData("POST", "application/json", "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{\"uid\":\"\"}}", 400)]
    [InlineData("POST", "application/json", "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{\"uid\":7}}", 400)]
    [InlineData("POST", "application/json", "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{\"uid\":\"\\ud800\"}}", 400)]
    public async Task What_is_no_review_is_refused_by_status(string method, string? type, string body, int status)
    {
        foreach (var path in (string[])["/mutate", "/validate?timeout=10s"])
        {
            var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            if (type is not null)
                content.Headers.TryAddWithoutValidation("Content-Type", type);
            Assert.Equal(status, (await server.Send(method, path, content)).Status);
        }
    }

    [Fact]
    public async Task What_is_asked_is_counted_by_what_was_mapped_whatever_it_is_called()
    {
        var transcript = Transcript.Of("admission").First(one => ((string)one.Json["path"]!).StartsWith("/mutate", StringComparison.Ordinal)).Json;
        await server.Ask("/MUTATE/?timeout=10s", Bytes(transcript["body"]!));
        await server.Ask("/validate", Encoding.UTF8.GetBytes("{\"request\":{\"uid\":\"u\"},"));
        await server.Post("/validate", [], "text/plain");
        var operation = (string)transcript["body"]!["request"]!["operation"]!;
        var said = (await StatusServer.Told(server.Metrics)).Split('\n').Where(line => line.StartsWith("backup_admission_requests_total{", StringComparison.Ordinal) || line.StartsWith("backup_admission_duration_seconds_count", StringComparison.Ordinal)).Order();
        Assert.Equal(
            [
                "backup_admission_duration_seconds_count{path=\"/mutate\"} 1", "backup_admission_duration_seconds_count{path=\"/validate\"} 2", $"backup_admission_requests_total{{path=\"/mutate\",operation=\"{operation}\",result=\"patched\"}} 1",
                "backup_admission_requests_total{path=\"/validate\",operation=\"none\",result=\"denied\"} 1", "backup_admission_requests_total{path=\"/validate\",operation=\"none\",result=\"refused\"} 1",
            ], said);
    }

    [Theory]
    [InlineData("{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1beta1\",\"request\":{\"uid\":\"u\"}}", "put \"v1\" into admissionReviewVersions")]
    [InlineData("{\"kind\":\"Review\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{\"uid\":\"u\"}}", "not an AdmissionReview")]
    [InlineData("{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{\"uid\":\"u\",\"object\":{", "not valid JSON")]
    [InlineData("{\"request\":{\"object\":{\"uid\":\"x\"},\"uid\":\"u\"}}}}", "not valid JSON")]
    public async Task A_review_that_is_wrong_and_has_a_uid_is_answered_with_a_denial(string body, string says)
    {
        var seen = await server.Ask("/validate", Encoding.UTF8.GetBytes(body));
        Assert.Equal(("u", 400), (seen.Uid, seen.Code));
        Assert.Contains(says, seen.Message);
    }

    [Theory]
    [InlineData("""{"resource":{"group":"","version":"v1","resource":"pods"},"operation":"CREATE","object":{"metadata":{"annotations":{"backup.middleware.io/x":"y"}}}}""")]
    [InlineData("""{"resource":{"group":"apps","version":"v1","resource":"daemonsets"},"operation":"CREATE","object":{}}""")]
    [InlineData("""{"resource":{"group":"other.io","version":"v1","resource":"statefulsets"},"operation":"CREATE","object":{}}""")]
    [InlineData("""{"resource":{"group":"backup.middleware.io","version":"v2","resource":"backuppolicies"},"operation":"CREATE","object":{}}""")]
    [InlineData("""{"resource":{"group":"apps","version":"v1","resource":"statefulsets"},"subResource":"scale","operation":"UPDATE","object":{}}""")]
    [InlineData("""{"resource":{"group":"apps","version":"v1","resource":"statefulsets"},"operation":"CONNECT","object":{}}""")]
    [InlineData("""{"resource":{"group":"apps","version":"v1","resource":"statefulsets"},"operation":"DELETE","object":null,"oldObject":{"metadata":{"annotations":{"backup.middleware.io/x":"y"}}}}""")]
    [InlineData("""{"resource":{"group":"apps","version":"v1","resource":"statefulsets"},"operation":"CREATE","object":{}}""")]
    [InlineData("""{"resource":[],"operation":{},"userInfo":3,"object":7}""")]
    [InlineData("{}")]
    public async Task What_is_not_ours_passes_without_a_patch(string request)
    {
        foreach (var path in (string[])["/mutate", "/validate"])
        {
            var seen = await server.Ask(path, Of(request));
            Assert.True(seen.IsAllowed, seen.Message);
            Assert.Null(seen.Patch);
        }
    }

    [Theory]
    [InlineData("null", 400)]
    [InlineData("[]", 400)]
    [InlineData("{\"metadata\":{\"annotations\":{\"backup.middleware.io/policy\":{\"a\":1}}}}", 422)]
    [InlineData("{\"metadata\":{\"annotations\":{\"backup.middleware.io/policy\":\"\\ud800\"}},\"spec\":[]}", 422)]
    [InlineData("{\"metadata\":{\"annotations\":{\"backup.middleware.io/policy\":\"a\"}},\"spec\":{\"template\":{\"spec\":{\"containers\":[7,null,{\"name\":[]}]}},\"volumeClaimTemplates\":{}}}", 422)]
    public async Task Objects_of_a_wrong_shape_are_denied(string item, int code) =>
        Assert.Equal(code, (await server.Ask("/validate", Of($$"""{"resource":{"group":"apps","version":"v1","resource":"statefulsets"},"operation":"CREATE","object":{{item}} }"""))).Code);

    [Fact]
    public async Task Requests_of_3_MiB_are_answered_with_their_old_objects_and_larger_ones_are_413()
    {
        var item = Scene.Object(Scene.Redis);
        item["metadata"]!["annotations"]!["other"] = new string('x', 3 << 20);
        Assert.True((await server.Ask("/mutate", Bytes(Review.Of(item)))).IsAllowed);
        Assert.True((await server.Ask("/validate", Bytes(Review.Of(item, item)))).IsAllowed);
        item["metadata"]!["annotations"]!["other"] = new string('x', AdmissionLimits.BodyBytes);
        Assert.Equal(413, (await server.Post("/mutate", Bytes(Review.Of(item)))).Status);
    }

    [Theory]
    [InlineData(9_000, 0)]
    [InlineData(20_000, 400)]
    [InlineData(1_000_000, 400)]
    public async Task Deep_nesting_is_answered(int depth, int code)
    {
        var value = new string('[', depth) + new string(']', depth);
        var seen = await server.Ask("/validate", Of($$"""{"resource":{"group":"","version":"v1","resource":"configmaps"},"operation":"CREATE","object":{"a":{{value}} } }"""));
        Assert.Equal(code, seen.Code);
    }

    [Fact]
    public async Task A_deep_policy_is_refused()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 9_000)) + "1" + new string('}', 9_000);
        var item = $$"""{"apiVersion":"backup.middleware.io/v1","kind":"BackupPolicy","metadata":{"name":"p"},"spec":{"storage":{"provider":"s3","bucket":"b","region":"r"},"values":{{deep}} } }""";
        var request = $$"""{"resource":{"group":"backup.middleware.io","version":"v1","resource":"backuppolicies"},"operation":"UPDATE","namespace":"default","object":{{item}},"oldObject":{{item.Replace("\"b\"", "\"c\"")}} }""";
        var seen = await server.Ask("/validate", Of(request)).WaitAsync(Fast, TestContext.Current.CancellationToken);
        Assert.Equal(422, seen.Code);
        Assert.InRange(seen.Message.Length, 1, AdmissionLimits.MessageLength + 100);
    }

    [Theory]
    [InlineData("schedule", "cron")]
    [InlineData("restore", "owner")]
    public async Task A_value_of_100_kB_is_refused_fast_and_not_repeated(string section, string key)
    {
        var policy = Scene.Object(Scene.Nightly);
        policy["spec"]![section] = new JsonObject { [key] = string.Concat(Enumerable.Repeat("1,2-3/4 \u001b[2J\n", 8_000)) };
        var seen = await server.Ask("/validate", Bytes(Review.Of(policy))).WaitAsync(Fast, TestContext.Current.CancellationToken);
        Assert.Equal(422, seen.Code);
        Assert.InRange(seen.Message.Length, 1, 2_000);
        Assert.DoesNotContain('\u001b', seen.Message);
    }

    [Fact]
    public async Task Aliases_in_texts_are_texts_and_a_million_keys_are_refused_fast()
    {
        var policy = Scene.Object(Scene.Nightly);
        policy["spec"]!["values"] = new JsonObject { ["a"] = "&a [*a,*a]", ["b"] = "!!binary x", ["c"] = "\ud83d\ude00 \u0000".TrimEnd('\0'), ["d"] = "--- \n...\n%YAML" };
        Assert.True((await server.Ask("/validate", Bytes(Review.Of(policy)))).IsAllowed);
        var many = new JsonObject();
        for (var i = 0; i < 60_000; i++)
            many[$"key{i}"] = i;
        policy["spec"] = many;
        var seen = await server.Ask("/validate", Bytes(Review.Of(policy))).WaitAsync(Fast, TestContext.Current.CancellationToken);
        Assert.Equal(422, seen.Code);
        Assert.InRange(seen.Message.Length, 1, AdmissionLimits.MessageLength + 100);
    }

    [Fact]
    public async Task Ten_thousand_unknown_annotations_make_a_bounded_message()
    {
        var item = Scene.Object(Scene.Redis);
        for (var i = 0; i < 10_000; i++)
            item["metadata"]!["annotations"]![$"backup.middleware.io/\u001b[31m{i}\n{new string('y', 200)}"] = "x";
        item["metadata"]!["annotations"]!["backup.middleware.io/claims"] = string.Join(',', Enumerable.Range(0, 20_000).Select(i => $"n{i}\u001b"));
        var seen = await server.Ask("/validate", Bytes(Review.Of(item))).WaitAsync(Fast, TestContext.Current.CancellationToken);
        Assert.Equal(422, seen.Code);
        Assert.InRange(seen.Message.Length, 1, AdmissionLimits.MessageLength + 100);
        Assert.EndsWith("more problems", seen.Message);
        Assert.DoesNotContain('\u001b', seen.Message);
    }

    [Fact]
    public async Task A_decision_that_fails_denies_and_says_that_it_is_a_bug()
    {
        await using var broken = await AdmissionServer.Start(authority, new BrokenCluster(), (_, _) => Task.FromResult(true));
        var seen = await broken.Ask("/validate", Bytes(Review.Of(Scene.Object(Scene.Redis))));
        Assert.Equal((Uid, 500), (seen.Uid, seen.Code));
        Assert.Contains("this is a bug of backup-webhook", seen.Message);
        Assert.DoesNotContain("secret detail", seen.Message);
        Assert.True((await broken.Ask("/validate", Bytes(Review.Of(null, Scene.Object(Scene.Redis))))).IsAllowed);
    }

    static byte[] Of(string request) => Encoding.UTF8.GetBytes(
        $$"""{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"{{Uid}}"{{(request == "{}" ? "}" : "," + request[1..])}}}""");

    static byte[] Bytes(JsonNode review) => Encoding.UTF8.GetBytes(review.ToJsonString());

    sealed class BrokenCluster : IClusterView
    {
        public ProtectedWorkload? Workload(WorkloadId id) => throw new InvalidOperationException("secret detail");

        public PolicyObject? Policy(string @namespace, string name) => throw new InvalidOperationException("secret detail");

        public VolumeClaim? Claim(string @namespace, string name) => throw new InvalidOperationException("secret detail");

        public IEnumerable<VolumeClaim> Claims(string @namespace) => throw new InvalidOperationException("secret detail");

        public IEnumerable<ProtectedWorkload> Protected() => throw new InvalidOperationException("secret detail");
    }
}
