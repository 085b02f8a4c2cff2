using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Webhook.Status;

/// <summary>What kubelet asks, on the port without TLS; nothing else is answered there, and these are not answered elsewhere.</summary>
public static class HealthPort
{
    public static void UseHealth(this IApplicationBuilder app, Readiness readiness, Liveness liveness) =>
        app.MapWhen(http => !http.Request.IsHttps, plain => plain.Run(http => http.Request.Path.Value switch
        {
            _ when !HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method) => Answer(http, StatusCodes.Status405MethodNotAllowed, ["only GET"]),
            "/livez" => Answer(http, [.. liveness.Ended().Select(loop => $"{loop} has ended")]),
            "/readyz" => Answer(http, readiness.Problems()),
            _ => Answer(http, StatusCodes.Status404NotFound, ["there are /livez and /readyz"]),
        }));

    static Task Answer(HttpContext http, IReadOnlyList<string> problems) => problems.Count == 0
        ? Answer(http, StatusCodes.Status200OK, ["ok"])
        : Answer(http, StatusCodes.Status503ServiceUnavailable, problems);

    static Task Answer(HttpContext http, int status, IReadOnlyList<string> lines)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        return http.Response.WriteAsync(string.Join('\n', lines) + "\n", http.RequestAborted);
    }
}
