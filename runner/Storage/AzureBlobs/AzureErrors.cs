using System.Globalization;
using System.Xml;
using Azure;
using Azure.Identity;
using BackupRunner.Storage.Http;
using Microsoft.Identity.Client;

namespace BackupRunner.Storage.AzureBlobs;

/// <summary>What the library throws, as failures of a store. Codes: "Blob service error codes" and "Common REST API error codes" of the service's reference.</summary>
public static class AzureErrors
{
    /// <summary>The service refuses requests that are dated further from its own time.</summary>
    static readonly TimeSpan MostSkew = TimeSpan.FromMinutes(15);

    const string Damaged = "Md5Mismatch";

    /// <summary>There is no such object, in a container that exists: the expected "no".</summary>
    public static bool IsMissingBlob(RequestFailedException failure) => failure is { Status: 404, ErrorCode: "BlobNotFound" };

    /// <returns>Null when it is none of the store's: a bug.</returns>
    public static StoreFailure? Of(Exception failure, AzureQuestion asked) => failure switch
    {
        CredentialUnavailableException => new StoreFailure(
            "there are no credentials for it: the environment (AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH), workload identity (AZURE_FEDERATED_TOKEN_FILE), "
            + "managed identity (169.254.169.254) and the Azure CLI (az login) were tried and gave no token",
            "give --credentials a folder with \"accountKey\", \"connectionString\" or \"sasToken\", or set one of these up for the runner"),
        AuthenticationFailedException refused => OfIdentity(refused, asked),
        RequestFailedException { Status: > 0 } answered => OfAnswer(answered, asked),
        XmlException damaged => new StoreFailure(
            $"\"{asked.Container.Authority}\" does not answer as a blob service does: {damaged.Message.TrimEnd('.')}", "is the endpoint the blob service's address, and no proxy between that answers itself",
            new RetryHint(null, Answered: true)),
        _ => HttpFailure.OfConnection(failure, asked.Container),
    };

    static StoreFailure OfIdentity(AuthenticationFailedException refused, AzureQuestion asked)
    {
        // Entra's own words, AADSTS and a number, are in the cause of a cause, among many others.
        List<Exception> causes = [.. Causes(refused)];
        List<string> lines = [.. causes.SelectMany(cause => cause.Message.Split('\n')).Select(line => line.Trim())];
        var words = lines.Find(line => line.Contains("AADSTS", StringComparison.Ordinal)) is { } found ? found[found.IndexOf("AADSTS", StringComparison.Ordinal)..] : lines[0];
        var retry = HttpFailure.OfConnection(refused, asked.Container)?.Retry ?? causes.Select(cause => OfTokenServer(cause, asked)).FirstOrDefault(hint => hint is not null);
        return new StoreFailure($"Microsoft Entra gave no token: {words.TrimEnd('.')}", "are tenant, client and secret of the identity right, and is it still there", retry);
    }

    static IEnumerable<Exception> Causes(Exception failure)
    {
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
            yield return cause;
    }

    /// <summary>Microsoft Entra is asked by a library of its own, which has its own exception; what gives tokens to a machine is asked by Azure's.</summary>
    static RetryHint? OfTokenServer(Exception cause, AzureQuestion asked) => cause switch
    {
        MsalServiceException entra => HttpFailure.Retry(entra.StatusCode, HttpFailure.After(entra.Headers?.RetryAfter?.ToString(), asked.Now)),
        RequestFailedException answered => HttpFailure.Retry(answered.Status, null),
        _ => null,
    };

    static StoreFailure OfAnswer(RequestFailedException answered, AzureQuestion asked)
    {
        var response = answered.GetRawResponse();
        var code = CodeOf(answered);
        string? header = null;
        response?.Headers.TryGetValue("Retry-After", out header);
        var after = HttpFailure.After(header, asked.Now);
        var retry = code is "ContainerBeingDeleted" or "AccountBeingCreated" or Damaged ? new RetryHint(after, Answered: true) : HttpFailure.Retry(answered.Status, after);
        var (what, hint) = code is "AuthenticationFailed" or "AuthorizationFailure" or "InvalidAuthenticationInfo" or "NoAuthenticationInformation"
            ? Refused(answered, asked, response?.Headers.Date ?? asked.Now)
            : AzureCodes.Told(code, asked);
        var request = response?.Headers.RequestId is { } id ? $", request {id}" : "";
        return new StoreFailure($"{what} ({string.Join(' ', new[] { answered.Status.ToString(CultureInfo.InvariantCulture), code }.Where(part => part.Length > 0))}{request})", hint, retry);
    }

    /// <summary>One code stands for a wrong secret, an old one and a wrong clock; which it was is seen from the times.</summary>
    static (string What, string? Hint) Refused(RequestFailedException answered, AzureQuestion asked, DateTimeOffset service)
    {
        if (asked.Access is AzureAccess.Signature { Expires: { } end } && end <= service)
            return ($"the SAS token expired at {Time(end)}", "put a new one into the Secret as \"sasToken\"; the runner reads it at its next request");
        var skew = asked.Now - service;
        if (skew.Duration() > MostSkew || Says(answered, "Request date header too old"))
            return ($"the clock of this machine is wrong: it says {Time(asked.Now)}, the service says {Time(service)}", "set it right, with NTP or chrony; a request dated more than 15 minutes off is refused");
        if (asked.Access is AzureAccess.Signature && Says(answered, "time frame"))
            return ("the SAS token is not valid at this time", "its \"st\" may lie in the future: begin it some minutes before now");
        // The firewall's code; but the emulator's of a wrong secret too, which the body tells apart, and HEAD has none.
        if (answered.ErrorCode == "AuthorizationFailure" && !Says(answered, "failed to authenticate"))
            return AzureCodes.NotAuthorized(asked, sure: Says(answered, "not authorized to perform"));
        return AzureCodes.NotAuthentic(asked);
    }

    /// <summary>The emulator has a code of its own for a body that does not have its MD5.</summary>
    static string CodeOf(RequestFailedException answered) =>
        answered.ErrorCode == "InvalidOperation" && Says(answered, "contentMD5 doesn't match") ? Damaged : answered.ErrorCode ?? "";

    static bool Says(RequestFailedException answered, string words) =>
        answered.Message.Contains(words, StringComparison.OrdinalIgnoreCase) || answered.Data.Values.OfType<string>().Any(text => text.Contains(words, StringComparison.OrdinalIgnoreCase));

    static string Time(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
