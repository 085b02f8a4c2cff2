using BackupRunner.Reports;
using BackupRunner.Storage.Http;
using Google.Apis.Auth.OAuth2.Responses;

namespace BackupRunner.Storage.Gcs;

/// <summary>Why there is no access token.</summary>
static class GcsTokenErrors
{
    /// <param name="from">The file with the credentials; empty when there is none.</param>
    public static RunnerException Told(Exception failure, string from)
    {
        var (what, hint, retry) = Of(failure);
        return new RunnerException(ExitCode.Storage, $"no access token for Google Cloud Storage{(from.Length > 0 ? $" by \"{from}\"" : "")}: {what}", hint, failure) { Retry = retry };
    }

    /// <param name="failure">As Google's library threw it.</param>
    public static StoreFailure Of(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is GcsTokenServerException { InnerException: { } cut } unreached && HttpFailure.OfConnection(cut, unreached.Server) is { } connection)
                return connection;
            if (cause is TokenResponseException answer)
                return Of(answer.Error?.Error, answer.Error?.ErrorDescription, (int?)answer.StatusCode ?? 0);
            if (cause is OperationCanceledException)
                return new StoreFailure("the token server gave no answer in time", "is it up, and the network between", new RetryHint(null, Answered: false));
        }
        return new StoreFailure(failure.Message.TrimEnd('.'), "which credentials are used is on the provider's page of the documentation");
    }

    /// <summary>An error answer by RFC 6749, section 5.2, in the words of Google's token server.</summary>
    /// <param name="status">0 when it is not known.</param>
    public static StoreFailure Of(string? error, string? description, int status)
    {
        var said = $"({string.Join(": ", new[] { error, description?.TrimEnd('.') }.Where(text => !string.IsNullOrEmpty(text)))})";
        if (HttpFailure.Retry(status, null) is { } retry)
            return new StoreFailure($"the token server cannot answer now: status {status}", "it is tried again; is there a disturbance at Google Cloud", retry);
        if (status == 404 && error != "invalid_grant")
            return new StoreFailure($"the metadata server has no service account {said}", "give the node, or the pod by workload identity, a service account");
        if (error != "invalid_grant")
            return new StoreFailure($"the token server refused {said}", "are the credentials those of an account that may ask for tokens");
        if (Says(description, "short-lived") || Says(description, "timeframe") || Says(description, "future"))
            return new StoreFailure($"the clock of this machine is wrong {said}", "set the clock of the node: a token is asked for with the time, and five minutes are too far off");
        if (Says(description, "signature"))
            return new StoreFailure($"the service account has no such key any more {said}", "make a new key for the service account, and put it into the Secret");
        if (Says(description, "not found") || Says(description, "disabled") || Says(description, "invalid email"))
            return new StoreFailure($"there is no such service account, or it is disabled {said}", "enable the service account, or use the key of another");
        if (Says(description, "expired") || Says(description, "revoked"))
            return new StoreFailure($"the credentials are expired or revoked {said}", "sign in again, or use the key of a service account");
        return new StoreFailure($"the token server does not accept the credentials {said}", "make a new key for the service account, and put it into the Secret");
    }

    static bool Says(string? description, string word) => description?.Contains(word, StringComparison.OrdinalIgnoreCase) is true;
}
