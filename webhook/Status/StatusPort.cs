using System.IO.Pipelines;
using System.Text;
using BackupRunner.Webhook.Status.Metrics;
using BackupRunner.Webhook.Status.Page;
using BackupRunner.Webhook.Status.View;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Webhook.Status;

/// <summary>What people and Prometheus ask, on a port of its own without TLS: <c>/</c>, <c>/metrics</c>, and what the page needs. Nothing is changed by it.</summary>
public static class StatusPort
{
    /// <param name="view">What there is now; asked for every answer.</param>
    public static void UseStatus(this IApplicationBuilder app, Func<StatusView> view, WebhookMetrics metrics) => app.Run(http =>
    {
        PageHeaders.Set(http.Response);
        if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method))
        {
            http.Response.Headers.Allow = "GET, HEAD";
            return Plain(http, StatusCodes.Status405MethodNotAllowed, "only GET");
        }
        return http.Request.Path.Value switch
        {
            "/" => Page(http, view, StatusPage.Write),
            "/running" => Page(http, view, (html, all, filter, _) =>
            {
                StatusPage.WriteRunning(html, all, filter);
                return ValueTask.CompletedTask;
            }),
            "/metrics" => Answer(http, WebhookMetrics.ContentType, to => metrics.Write(to, view(), http.RequestAborted)),
            "/favicon.svg" => Answer(http, "image/svg+xml", async to => await to.WriteAsync(Encoding.UTF8.GetBytes(PageAsset.Icon.Text), http.RequestAborted)),
            _ => Plain(http, StatusCodes.Status404NotFound, "there are / and /metrics"),
        };
    });

    static Task Page(HttpContext http, Func<StatusView> view, Func<Html, StatusView, PageFilter, CancellationToken, ValueTask> write) =>
        PageFilter.Read(http.Request.Query["namespace"]) is not { } filter
            ? Plain(http, StatusCodes.Status400BadRequest, "\"namespace\" is not a name of a namespace")
            : Answer(http, "text/html; charset=utf-8", async to =>
            {
                var output = new Utf8Output(to);
                await write(new Html(output), view(), filter, http.RequestAborted);
                await output.End(http.RequestAborted);
            });

    static async Task Answer(HttpContext http, string type, Func<PipeWriter, Task> write)
    {
        http.Response.ContentType = type;
        if (HttpMethods.IsHead(http.Request.Method))
            return;
        // A reader who goes away is none of our errors: Kestrel knows it for what it is.
        await write(http.Response.BodyWriter);
    }

    static Task Plain(HttpContext http, int status, string line)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        return http.Response.WriteAsync(line + "\n", http.RequestAborted);
    }
}
