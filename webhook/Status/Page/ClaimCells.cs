using System.Globalization;
using BackupRunner.Reports;
using BackupRunner.Webhook.Status.View;

namespace BackupRunner.Webhook.Status.Page;

/// <summary>The cells of one claim.</summary>
public static class ClaimCells
{
    /// <summary>Digits of a key id that are shown; all of them are in the title.</summary>
    const int KeyDigits = 8;

    public static void Write(Html html, WorkloadView workload, ClaimView claim, DateTimeOffset now)
    {
        html.Open("td", ("data-label", "Claim")).Element("b", claim.Claim, ("class", "claim"));
        if (claim.Running is { } run)
            html.Bar(workload, claim, run);
        if (ClaimState.Of(workload, claim, now) is var state && (claim.Running is null || state.Tone == "bad"))
            html.Element("span", state.Word, ("class", "pill " + state.Tone));
        html.Close("td").Open("td", ("data-label", "Last backup"));
        if (claim.LastSuccess is { } last)
        {
            html.Time(last.Time, now);
            if (last.Duration is { } took)
                html.Element("span", $"took {Sizes.Seconds(took)}", ("class", "soft"));
        }
        else
            None(html);
        html.Close("td").Open("td", ("data-label", "Size"));
        Size(html, claim);
        html.Close("td").Element("td", claim.Retained?.ToString("#,0", CultureInfo.InvariantCulture) ?? "–", ("data-label", "Kept"), ("class", "number"));
        html.Open("td", ("data-label", "Key"));
        if (claim.LastSuccess?.KeyId is { } key)
            html.Element("code", key[..Math.Min(KeyDigits, key.Length)], ("title", $"key {key}"));
        else
            None(html);
        html.Close("td").Open("td", ("data-label", "Verified"));
        Verified(html, claim, now);
        html.Close("td");
    }

    static void Size(Html html, ClaimView claim)
    {
        if ((claim.LastSuccess?.StoredBytes ?? claim.LastSuccess?.Bytes) is not { } size)
        {
            None(html);
            return;
        }
        html.Open("span", ("class", "size")).Element("span", Sizes.Bytes(size)).Draw(claim).Close("span");
        if (claim.LastSuccess is { Files: { } files, Bytes: { } bytes })
            html.Element("span", $"of {Sizes.Bytes(bytes)}, {files.ToString("#,0", CultureInfo.InvariantCulture)} {(files == 1 ? "file" : "files")}", ("class", "soft"));
    }

    static void Verified(Html html, ClaimView claim, DateTimeOffset now)
    {
        if (claim.VerificationFailure is not null)
            html.Element("span", "Failed", ("class", "pill bad"));
        if (claim.LastVerified is { } good)
            html.Time(good.At, now).Element("span", good.Mode, ("class", "soft"));
        else if (claim is { IsVerified: true, VerificationFailure: null })
            html.Element("span", "not yet", ("class", "pill warn"));
        else if (!claim.IsVerified)
            html.Element("span", "not scheduled", ("class", "soft"));
    }

    static void None(Html html) => html.Element("span", "–", ("class", "soft"));
}
