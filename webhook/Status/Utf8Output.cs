using System.IO.Pipelines;
using System.Text;

namespace BackupRunner.Webhook.Status;

/// <summary>Text of a long answer, a part at a time: what waits to be sent is bounded as long as <see cref="Pass"/> is called between the parts.</summary>
public sealed class Utf8Output(PipeWriter pipe)
{
    const int Part = 32 << 10;

    public void Write(ReadOnlySpan<char> text) => Encoding.UTF8.GetBytes(text, pipe);

    /// <summary>Waits for the reader when it is slow.</summary>
    public async ValueTask Pass(CancellationToken cancel)
    {
        if (pipe.UnflushedBytes >= Part)
            await pipe.FlushAsync(cancel);
    }

    public async ValueTask End(CancellationToken cancel) => await pipe.FlushAsync(cancel);
}
