using BackupRunner.Webhook.Plans;

namespace BackupRunner.Tests.Webhook;

public sealed class RestoreChoiceTests
{
    [Theory]
    [InlineData("latest", "--latest")]
    [InlineData("before:2026-11-22T02:00:00Z", "--before=2026-11-22T02:00:00Z")]
    [InlineData("before:2026-11-22T02:00:00.5+02:00", "--before=2026-11-22T00:00:00.5Z")]
    [InlineData("20261122t020000z-k3x7qa", "--backup=20261122t020000z-k3x7qa")]
    public void Is_what_the_runner_is_asked(string text, string argument)
    {
        var (choice, problem) = RestoreChoice.Parse(text);

        Assert.Null(problem);
        Assert.Equal(argument, choice!.Argument);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Latest")]
    [InlineData("before:")]
    [InlineData("before:yesterday")]
    [InlineData("before:2026-11-22T02:00:00")]
    [InlineData("before:2026-11-22")]
    [InlineData("--latest")]
    [InlineData("20261322t020000z-k3x7qa")]
    public void Refuses_what_is_none(string text)
    {
        var (choice, problem) = RestoreChoice.Parse(text);

        Assert.Null(choice);
        Assert.NotNull(problem);
    }
}
