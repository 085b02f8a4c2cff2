using BackupRunner.Tests.Kube.Fake;
using BackupRunner.Tests.Support;

namespace BackupRunner.Tests.Webhook;

/// <summary>The real kubectl, as an administrator.</summary>
sealed class Kubectl(FakeKubeApi api) : IDisposable
{
    readonly Scratch scratch = new();
    readonly List<string> said = [];

    /// <summary>Every call and what it printed.</summary>
    public string Transcript => string.Join('\n', said);

    /// <summary>Fails the test unless it exits 0.</summary>
    public string Run(params string[] arguments)
    {
        var result = Try(arguments);
        Assert.True(result.ExitCode == 0, $"kubectl {string.Join(' ', arguments)} exited {result.ExitCode}: {result.Error}{result.Out}");
        return result.Out;
    }

    public ShellResult Try(params string[] arguments)
    {
        string[] where = ["--kubeconfig", scratch.File("kubeconfig", WebhookInstallation.KubeconfigText(api, api.AdminToken)), "--cache-dir", scratch["cache"]];
        var result = Shell.Try("kubectl", [.. where, .. arguments]);
        said.Add($"$ kubectl {string.Join(' ', arguments)}\n{result.Out}{result.Error}");
        return result;
    }

    /// <summary><c>kubectl create -f</c>. The server has no OpenAPI document for kubectl to check with; it checks itself.</summary>
    public string Create(string file, string yaml) => Run("create", "--validate=false", "-f", scratch.File(file, yaml));

    public void Dispose() => scratch.Dispose();
}
