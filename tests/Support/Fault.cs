using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Support;

/// <summary>What a <see cref="FaultProxy"/> does to a request in place of passing it on.</summary>
public abstract record Fault
{
    Fault()
    {
    }

    /// <summary>Answers itself; the server behind it never sees the request.</summary>
    public sealed record Answer(int Status, int? RetryAfterSeconds = null, string Body = "", string ContentType = "application/xml") : Fault
    {
        public async Task Write(HttpContext context)
        {
            context.Response.StatusCode = Status;
            if (RetryAfterSeconds is { } seconds)
                context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            context.Response.ContentType = ContentType;
            if (!HttpMethods.IsHead(context.Request.Method))
                await context.Response.WriteAsync(Body, context.RequestAborted);
        }
    }

    /// <summary>Takes so much of the request's body and cuts the connection; the server never sees the request.</summary>
    public sealed record CutRequest(long AfterBytes) : Fault;

    /// <summary>The server does what it was asked; the connection is cut before a byte of its answer.</summary>
    public sealed record DropAnswer : Fault;

    /// <summary>Passes so much of the answer's body on and cuts the connection.</summary>
    public sealed record CutAnswer(long AfterBytes) : Fault;

    /// <summary>Changes one byte of the request's body on the way.</summary>
    public sealed record Garble(long AtByte) : Fault;

    /// <summary>Says and does nothing until it is released.</summary>
    public sealed record Hold : Fault
    {
        public TaskCompletionSource Held { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
