using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake;

namespace BackupRunner.Tests.Kube.Transcripts;

/// <summary>
/// The server that the recordings are played to: a fake, which is brought into the state that the recordings begin with, or a real one, in which case
/// the credentials come from the environment: <c>BACKUP_RUNNER_KUBE_SERVER</c> (https://host:port), <c>BACKUP_RUNNER_KUBE_TOKEN</c> (of an
/// administrator) and <c>BACKUP_RUNNER_KUBE_CA</c> (a PEM file).
/// </summary>
public sealed class ReplayServer : IAsyncDisposable
{
    readonly Comparer comparer = new();

    ReplayServer(FakeKubeApi? fake, FakeCaller admin, FakeCaller nobody, FakeCaller stranger)
    {
        Fake = fake;
        Admin = admin;
        Nobody = nobody;
        Stranger = stranger;
    }

    /// <summary>Null: the server is a real one.</summary>
    public FakeKubeApi? Fake { get; }

    public FakeCaller Admin { get; }

    /// <summary>Without credentials.</summary>
    public FakeCaller Nobody { get; }

    /// <summary>With a token that is none.</summary>
    public FakeCaller Stranger { get; }

    public Comparer Comparer => comparer;

    public static async Task<ReplayServer> Start(CancellationToken cancel)
    {
        if (Environment.GetEnvironmentVariable("BACKUP_RUNNER_KUBE_SERVER") is { Length: > 0 } address)
        {
            var authority = await File.ReadAllTextAsync(Environment.GetEnvironmentVariable("BACKUP_RUNNER_KUBE_CA")!, cancel);
            FakeCaller Caller(string? token) => new(new Uri(address), token, authority);
            return new ReplayServer(null, Caller(Environment.GetEnvironmentVariable("BACKUP_RUNNER_KUBE_TOKEN")), Caller(null), Caller("none"));
        }
        var fake = await FakeKubeApi.Start(cancel);
        return new ReplayServer(fake, new FakeCaller(fake, fake.AdminToken), new FakeCaller(fake, null), new FakeCaller(fake, "none"));
    }

    public async Task<FakeAnswer> Play(Transcript transcript)
    {
        var request = transcript.Json["request"]!;
        var path = comparer.Translate((string)request["path"]!);
        var body = request["body"] switch
        {
            null => null,
            JsonValue text => comparer.Translate((string)text!),
            var json => comparer.Translate(json.ToJsonString()),
        };
        var answer = await CallerOf(transcript.Name).Call((string)request["method"]!, path, body, (string?)request["contentType"] ?? "application/json");
        comparer.Learn(transcript.Json["response"]!["body"], Body(answer, transcript.Json["response"]!["body"] is JsonArray));
        return answer;
    }

    /// <summary>How the answer differs from the recorded one.</summary>
    public static IEnumerable<string> Differences(Transcript transcript, FakeAnswer answer)
    {
        var response = transcript.Json["response"]!;
        if ((int)response["status"]! != answer.Status)
            yield return $"{transcript.Name}: status {answer.Status}, recorded {response["status"]}: {answer.Text}";
        if ((string?)response["headers"]!["Content-Type"] != answer.MediaType)
            yield return $"{transcript.Name}: content type {answer.MediaType}";
        if (((string?)response["headers"]!["Warning"] ?? "") != string.Join(", ", answer.Warnings))
            yield return $"{transcript.Name}: warnings {string.Join(", ", answer.Warnings)}";
        foreach (var difference in Comparer.Differences(response["body"], Body(answer, response["body"] is JsonArray)))
            yield return $"{transcript.Name}: {difference}";
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var caller in (FakeCaller[])[Admin, Nobody, Stranger])
            caller.Dispose();
        if (Fake is not null)
            await Fake.DisposeAsync();
    }

    FakeCaller CallerOf(string name) => name[..2] switch
    {
        "03" => Stranger,
        "04" => Nobody,
        "05" when Fake is not null => new FakeCaller(Fake, Fake.Users.Issue(new FakeUser("system:node:node1", ["system:nodes", "system:authenticated"]))),
        _ => Admin,
    };

    static JsonNode Body(FakeAnswer answer, bool lines) =>
        lines ? new JsonArray([.. answer.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line))]) : answer.Json;
}
