using System.Net.Mime;
using System.Text.Json;
using BackupRunner.Webhook.Status.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace BackupRunner.Webhook.Admission;

/// <summary>
/// POST <c>/mutate</c> and <c>/validate</c>. Where the uid of a review is known, the answer is 200 and a review, whatever is wrong; else it is 400,
/// 413 or 415 and a line of text.
/// </summary>
/// <param name="metrics">Null: nobody counts.</param>
public sealed class AdmissionEndpoints(AdmissionDecisions decisions, TimeProvider time, ILogger<AdmissionEndpoints> logger, AdmissionMetrics? metrics = null) : IDisposable
{
    static readonly JsonDocumentOptions Json = new() { MaxDepth = AdmissionLimits.Depth };

    readonly SemaphoreSlim large = new(AdmissionLimits.LargeAtOnce);

    public static void Map(IEndpointRouteBuilder app, AdmissionEndpoints endpoints)
    {
        // RequestDelegates: nothing of a handler is found by reflection.
        app.MapPost("/mutate", (RequestDelegate)(http => endpoints.Serve(http, decisions => decisions.Mutate)));
        app.MapPost("/validate", (RequestDelegate)(http => endpoints.Serve(http, decisions => decisions.Validate)));
    }

    public void Dispose() => large.Dispose();

    async Task Serve(HttpContext http, Func<AdmissionDecisions, Func<AdmissionRequest, CancellationToken, ValueTask<AdmissionReply>>> verb)
    {
        var (cancel, began) = (http.RequestAborted, time.GetTimestamp());
        try
        {
            if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) || !type.MediaType.Equals(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase))
            {
                await Refuse(http, StatusCodes.Status415UnsupportedMediaType, "the content type is not application/json", cancel);
                return;
            }
            var isLarge = http.Request.ContentLength is null or > AdmissionLimits.SmallBodyBytes;
            if (isLarge)
                await large.WaitAsync(cancel);
            try
            {
                await Answer(http, verb(decisions), cancel);
            }
            finally
            {
                if (isLarge)
                    large.Release();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && cancel.IsCancellationRequested)
        {
            // The caller no longer waits.
        }
        catch (BadHttpRequestException e) when (!http.Response.HasStarted)
        {
            await Refuse(http, e.StatusCode, "the body did not arrive", cancel);
        }
        finally
        {
            metrics?.Took(PathOf(http), time.GetElapsedTime(began));
        }
    }

    // As it was mapped: the caller may write it otherwise.
    static string PathOf(HttpContext http) => (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "none";

    async Task Answer(HttpContext http, Func<AdmissionRequest, CancellationToken, ValueTask<AdmissionReply>> decide, CancellationToken cancel)
    {
        using var body = await Body(http.Request, cancel);
        if (body is null)
        {
            await Refuse(http, StatusCodes.Status413PayloadTooLarge, $"the review is larger than {AdmissionLimits.BodyBytes >> 20} MiB", cancel);
            return;
        }
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(body.Memory, Json);
        }
        catch (JsonException)
        {
            await Reply(http, AdmissionReviewReader.UidOf(body.Memory.Span), body.Memory.IsEmpty ? "the body is empty" : "the body is not valid JSON, or too deep", cancel);
            return;
        }
        using (document)
        {
            var review = AdmissionReviewReader.Read(document.RootElement);
            if (review.Request is { } request)
                await Write(http, request.Uid, request.Operation, await Decide(request, decide, cancel), cancel);
            else
                await Reply(http, review.Uid, review.Problem!, cancel);
        }
    }

    // Who sends slower than the API server would wait does not keep the place of another.
    async Task<AdmissionBody?> Body(HttpRequest request, CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(AdmissionLimits.Arrival, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        try
        {
            return await AdmissionBody.Read(request, either.Token);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new BadHttpRequestException("too slow", StatusCodes.Status408RequestTimeout, e);
        }
    }

    // A decision that throws is a bug of ours: what it was to guard must not pass because of it.
    async ValueTask<AdmissionReply> Decide(AdmissionRequest request, Func<AdmissionRequest, CancellationToken, ValueTask<AdmissionReply>> decide, CancellationToken cancel)
    {
        AdmissionReply reply;
        try
        {
            reply = await decide(request, cancel);
        }
        catch (Exception e) when (!(e is OperationCanceledException && cancel.IsCancellationRequested))
        {
            logger.Bug(e, request.Operation, request.Resource, request.Namespace, request.Name);
            return AdmissionReply.Bug($"this is a bug of backup-webhook, whose log says more: {e.GetType().Name}; nothing is wrong with the request");
        }
        if (reply is AdmissionReply.Denied denied)
            logger.Denied(request.Operation, request.Resource, request.Namespace, request.Name, denied.Code, denied.Problems.Count);
        return reply;
    }

    Task Reply(HttpContext http, string? uid, string problem, CancellationToken cancel)
    {
        if (uid is null)
            return Refuse(http, StatusCodes.Status400BadRequest, problem, cancel);
        logger.NoReview(problem);
        return Write(http, uid, null, AdmissionReply.BadRequest(problem), cancel);
    }

    async Task Write(HttpContext http, string uid, string? operation, AdmissionReply reply, CancellationToken cancel)
    {
        metrics?.Answered(PathOf(http), operation, reply);
        var body = AdmissionReviewWriter.Write(uid, reply);
        http.Response.ContentType = MediaTypeNames.Application.Json;
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, cancel);
    }

    async Task Refuse(HttpContext http, int status, string problem, CancellationToken cancel)
    {
        logger.NoReview(problem);
        metrics?.Answered(PathOf(http), null, null);
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        await http.Response.WriteAsync(problem + "\n", cancel);
    }
}
