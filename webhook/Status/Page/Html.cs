using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace BackupRunner.Webhook.Status.Page;

/// <summary>Writes HTML. Names of elements and attributes are ours; every text and every value is encoded, and only a <see cref="PageAsset"/> is not.</summary>
public sealed class Html(Utf8Output output)
{
    // What other scripts write stays readable; what means something to HTML is encoded in every case.
    static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    /// <param name="attributes">Those whose value is null are left out; an empty value is that of a flag.</param>
    public Html Open(string name, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        output.Write("<");
        output.Write(name);
        foreach (var (attribute, value) in attributes)
        {
            if (value is null)
                continue;
            output.Write(" ");
            output.Write(attribute);
            if (value.Length == 0)
                continue;
            output.Write("=\"");
            output.Write(Encoder.Encode(value));
            output.Write("\"");
        }
        output.Write(">");
        return this;
    }

    public Html Close(string name)
    {
        output.Write("</");
        output.Write(name);
        output.Write(">");
        return this;
    }

    public Html Text(string text)
    {
        output.Write(Encoder.Encode(text));
        return this;
    }

    public Html Element(string name, string text, params ReadOnlySpan<(string Name, string? Value)> attributes) => Open(name, attributes).Text(text).Close(name);

    public Html Doctype()
    {
        output.Write("<!doctype html>\n");
        return this;
    }

    public Html Inline(string name, PageAsset asset)
    {
        Open(name);
        output.Write(asset.Text);
        return Close(name);
    }

    /// <summary>Sends what waits, when it has become much.</summary>
    public ValueTask Pass(CancellationToken cancel) => output.Pass(cancel);
}
