using Microsoft.Extensions.Logging;

namespace BackupRunner.Webhook.Tls;

static partial class TlsLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "made the authority and the certificate")]
    public static partial void Created(this ILogger log, string @namespace, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "changed the certificates: {change}")]
    public static partial void Renewed(this ILogger log, string @namespace, string name, TlsChange change);

    [LoggerMessage(Level = LogLevel.Information, Message = "serving a certificate until {until:yyyy-MM-ddTHH:mm:ssZ}")]
    public static partial void Serving(this ILogger log, DateTimeOffset until);

    [LoggerMessage(Level = LogLevel.Warning, Message = "a part of the Secret cannot be used, and is made anew: {problem}")]
    public static partial void Damaged(this ILogger log, string @namespace, string name, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "wrote the authorities into the webhooks of the {kind}")]
    public static partial void Trusted(this ILogger log, string kind, string name);

    [LoggerMessage(Level = LogLevel.Error, Message = "cannot keep the certificates in order, and tries again: {problem}")]
    public static partial void Failed(this ILogger log, string @namespace, string name, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "cannot watch {kind}, and looks every minute instead: {problem}")]
    public static partial void Blind(this ILogger log, string kind, string name, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "the certificate in the files cannot be served, the one before it stays: {problem}")]
    public static partial void BadFiles(this ILogger log, string path, string problem);
}
