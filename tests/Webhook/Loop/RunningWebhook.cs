using System.Diagnostics;
using System.Net;
using System.Text;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Webhook;

/// <summary>The real webhook as a process. Disposing it kills it.</summary>
sealed class RunningWebhook : IAsyncDisposable
{
    static readonly HttpClient Http = new() { Timeout = TimeSpan.FromMinutes(2) };

    readonly Process process;
    readonly StringBuilder log = new();
    readonly Task reading;

    RunningWebhook(Process process, Uri admission, Uri health, Uri status)
    {
        (this.process, Admission, Health, Status) = (process, admission, health, status);
        reading = Task.WhenAll(Read(process.StandardOutput), Read(process.StandardError));
    }

    /// <summary>Where it serves TLS.</summary>
    public Uri Admission { get; }

    public Uri Health { get; }

    public Uri Status { get; }

    /// <summary>What it has said so far, on both streams.</summary>
    public string Log
    {
        get
        {
            lock (log)
                return log.ToString();
        }
    }

    public int Id => process.Id;

    /// <param name="kubeconfig">Of the webhook's account.</param>
    public static RunningWebhook Start(string kubeconfig, params string[] more)
    {
        var (port, health, status) = (FreePort.Next(), FreePort.Next(), FreePort.Next());
        string[] arguments =
        [
            Path.Join(AppContext.BaseDirectory, "backup-webhook.dll"), "--kubeconfig", kubeconfig, "--namespace", "backup-system", "--runner-image", "backup-runner:0.1.0",
            $"--port={port}", $"--health-port={health}", .. more.Any(option => option.StartsWith("--status-port", StringComparison.Ordinal)) ? [] : (string[])[$"--status-port={status}"], .. more,
        ];
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return new RunningWebhook(Process.Start(start)!, new Uri($"https://127.0.0.1:{port}"), new Uri($"http://127.0.0.1:{health}"), new Uri($"http://127.0.0.1:{status}"));
    }

    public async Task<HttpStatusCode?> Probe(string path)
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri(Health, path), TestContext.Current.CancellationToken);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public async Task Ready()
    {
        try
        {
            await Eventually.True(async () => process.HasExited ? throw new InvalidOperationException($"it exited {process.ExitCode}") : await Probe("/readyz") == HttpStatusCode.OK, "the webhook is ready");
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"{failure.Message}\n{Log}", failure);
        }
    }

    /// <summary>Waits until it has said something that contains <paramref name="text"/>.</summary>
    public Task Said(string text) => Eventually.True(() => Task.FromResult(Log.Contains(text, StringComparison.Ordinal)), $"the webhook says \"{text}\"");

    public void Signal(string signal) => Shell.Bash($"kill -s {signal} {Id}");

    public async Task<int> Exited()
    {
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(2));
        await reading;
        return process.ExitCode;
    }

    /// <summary>Peak of the memory that was resident, in bytes.</summary>
    public long PeakMemory
    {
        get
        {
            process.Refresh();
            return process.PeakWorkingSet64;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        await reading;
        process.Dispose();
    }

    async Task Read(StreamReader from)
    {
        while (await from.ReadLineAsync(CancellationToken.None) is { } line)
            lock (log)
                log.AppendLine(line);
    }
}
