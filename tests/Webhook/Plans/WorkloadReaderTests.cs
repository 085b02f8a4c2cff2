using System.Text.Json;
using System.Text.Json.Nodes;
using BackupRunner.Webhook.Plans;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Tests.Webhook;

public sealed class WorkloadReaderTests
{
    static readonly string[] Odd = ["null", "true", "7", "-1", "1e400", "\"x\"", "\"\\ud800\"", "[]", "[null, 1, {}]", "{}", "{\"\\ud800\": 1, \"name\": 2}"];

    public static TheoryData<string> Cases => [.. PlanCase.Names];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Reads_the_same_from_both_forms(string name)
    {
        var item = PlanCase.Documents(name).Single(item => (string?)item["kind"] is "StatefulSet" or "Deployment");
        var scene = PlanCase.Read(name);
        var other = WorkloadReader.Read(scene.Workload.Id.Kind, Element(item.ToJsonString()));

        Assert.Equal(Text(WantedObjects.For(scene.Plan)), Text(WantedObjects.For(scene.Plan with { Workload = other })));
    }

    [Fact]
    public void Whatever_stands_in_any_place_it_is_read()
    {
        var read = 0;
        foreach (var name in PlanCase.Names)
        {
            var text = PlanCase.Documents(name).Single(item => (string?)item["kind"] is "StatefulSet" or "Deployment").ToJsonString();
            var places = Places(JsonNode.Parse(text)!).Count();
            for (var place = 0; place < places; place++)
            {
                var item = JsonNode.Parse(text)!;
                var at = Places(item).ElementAt(place);
                const string mark = "\u0001here";
                at.ReplaceWith(mark);
                foreach (var odd in Odd)
                {
                    var workload = WorkloadReader.Read("statefulset", Element(item.ToJsonString().Replace("\"\\u0001here\"", odd, StringComparison.Ordinal)));
                    ClaimSelection.Of(workload, []);
                    ClaimSelection.DefaultVolumes(workload, []);
                    read++;
                }
            }
        }
        Assert.True(read > 1000);
    }

    [Fact]
    public void What_is_kept_does_not_keep_the_rest()
    {
        var item = Element("""{"metadata":{"name":"a"},"spec":{"template":{"spec":{"tolerations":[{"key":"a"}]}}}}""");
        var workload = WorkloadReader.Read("deployment", item);

        // Of a document that need not be disposed Clone gives the element itself, and with it all of the document.
        Assert.Equal("[{\"key\":\"a\"}]", workload.Pod.Tolerations.GetRawText());
        Assert.False(SharesDocument(item, workload.Pod.Tolerations));
    }

    [Fact]
    public void Replicas_without_end_are_bounded_and_said()
    {
        var workload = PlanCase.Read("root").Workload with { Replicas = int.MaxValue, FirstOrdinal = int.MaxValue };
        var selected = ClaimSelection.Of(workload, []);

        Assert.Equal(ClaimSelection.MaximumClaims, selected.Claims.Count);
        Assert.Contains("of which only the first 1000", Assert.Single(selected.Problems), StringComparison.Ordinal);
    }

    static bool SharesDocument(JsonElement one, JsonElement two)
    {
        var parent = typeof(JsonElement).GetField("_parent", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!;
        return ReferenceEquals(parent.GetValue(one), parent.GetValue(two));
    }

    static IEnumerable<JsonNode> Places(JsonNode node) => node switch
    {
        JsonObject mapping => mapping.Select(field => field.Value).OfType<JsonNode>().SelectMany(value => Places(value).Prepend(value)),
        JsonArray list => list.OfType<JsonNode>().SelectMany(value => Places(value).Prepend(value)),
        _ => [],
    };

    static JsonElement Element(string json) => JsonElement.Parse(json);

    static string Text(IEnumerable<WantedObject> wanted) => string.Join('\n', wanted.Select(item => item.Body.ToJsonString()));
}
