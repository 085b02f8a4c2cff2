using Microsoft.AspNetCore.Http;

namespace BackupRunner.Webhook.Status.Page;

/// <summary>What every answer of the status port tells a browser: nothing but this page's own style and script, framed by nobody, kept by nobody.</summary>
public static class PageHeaders
{
    static readonly string Policy = string.Join("; ",
        "default-src 'none'",
        $"style-src {PageAsset.Style.Source}",
        $"script-src {PageAsset.Script.Source}",
        "connect-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'");

    public static void Set(HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "no-store";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }
}
