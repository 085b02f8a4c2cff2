using System.Security.Cryptography;
using System.Text;

namespace BackupRunner.Webhook.Status.Page;

/// <summary>A file of this folder that is part of the program, and of the page as it stands.</summary>
public sealed class PageAsset
{
    PageAsset(string file)
    {
        using var reader = new StreamReader(typeof(PageAsset).Assembly.GetManifestResourceStream(file) ?? throw new InvalidOperationException($"no resource {file}"));
        Text = reader.ReadToEnd();
        Source = $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Text)))}'";
    }

    public static PageAsset Style { get; } = new("status.css");

    public static PageAsset Script { get; } = new("status.js");

    public static PageAsset Icon { get; } = new("status.svg");

    public string Text { get; }

    /// <summary>How a Content-Security-Policy (level 3) allows this text, and no other, inline.</summary>
    public string Source { get; }
}
