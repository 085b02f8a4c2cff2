using Microsoft.Extensions.Logging;

namespace BackupRunner.Webhook.Admission;

static partial class AdmissionLog
{
    [LoggerMessage(2001, LogLevel.Error, "a bug: the admission of {Operation} {Resource} in namespace {Namespace}, name {Name}, failed, and was denied")]
    public static partial void Bug(this ILogger logger, Exception cause, string operation, string resource, string @namespace, string name);

    [LoggerMessage(2002, LogLevel.Information, "denied {Operation} {Resource} in namespace {Namespace}, name {Name}: {Code}, {Problems} problems")]
    public static partial void Denied(this ILogger logger, string operation, string resource, string @namespace, string name, int code, int problems);

    [LoggerMessage(2003, LogLevel.Warning, "a request that is no review of the API server: {Problem}")]
    public static partial void NoReview(this ILogger logger, string problem);
}
