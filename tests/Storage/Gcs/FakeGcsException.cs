using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Storage.Gcs;

/// <summary>An answer of Cloud Storage that is an error.</summary>
public sealed class FakeGcsException(int status, string reason, string message) : Exception(message)
{
    public int Status => status;

    public string Reason => reason;

    public static FakeGcsException Invalid(string message) => new(400, "invalid", message);

    public static FakeGcsException NoBucket() => new(404, "notFound", "The specified bucket does not exist.");

    public static FakeGcsException NoObject(string bucket, string name) => new(404, "notFound", $"No such object: {bucket}/{name}");

    public static FakeGcsException Condition() => new(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.");

    public async Task Write(HttpContext http)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; charset=UTF-8";
        await http.Response.WriteAsync(new JsonObject
        {
            ["error"] = new JsonObject
            {
                ["code"] = status,
                ["message"] = Message,
                ["errors"] = new JsonArray(new JsonObject { ["message"] = Message, ["domain"] = "global", ["reason"] = reason }),
            },
        }.ToJsonString());
    }
}

/// <summary>The client does what the published API does not have, or what this fake does not model: the test fails.</summary>
public sealed class FakeGcsViolationException(string message) : Exception(message);
