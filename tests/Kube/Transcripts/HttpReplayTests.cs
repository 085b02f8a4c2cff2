namespace BackupRunner.Tests.Kube.Transcripts;

/// <summary>
/// Every recorded request, in order, to the fake. With <c>BACKUP_RUNNER_KUBE_SERVER</c> and the other variables of <see cref="ReplayServer"/> in the
/// environment they go to that server, whose namespace "default" should have nothing but what every cluster has; what the recorded cluster's controllers made
/// (25 to 27, 52 to 57) and its node's credentials (05) are left out then.
/// </summary>
public sealed class HttpReplayTests
{
    static readonly string[] OfTheRecordedCluster = ["05", "25", "26", "27", "53", "54", "55", "56", "57"];

    [Fact]
    public async Task Every_request_is_answered_as_it_was_recorded()
    {
        var transcripts = Transcript.Of("http");
        await using var server = await ReplayServer.Start(TestContext.Current.CancellationToken);
        var cluster = new RecordedCluster(server, transcripts);
        var differences = new List<string>();
        foreach (var transcript in transcripts)
        {
            var number = transcript.Name[..2];
            if (server.Fake is null && OfTheRecordedCluster.Contains(number))
                continue;
            if (server.Fake is not null)
                await cluster.Before(number);
            differences.AddRange(ReplayServer.Differences(transcript, await server.Play(transcript)));
        }
        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }
}
