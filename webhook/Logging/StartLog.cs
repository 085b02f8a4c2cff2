using Microsoft.Extensions.Logging;

namespace BackupRunner.Webhook.Logging;

/// <summary>The first line of the log: which program this is.</summary>
static partial class StartLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "backup-webhook {Version} starts; runs have image {RunnerImage}")]
    public static partial void Starts(this ILogger log, string version, string runnerImage);
}
