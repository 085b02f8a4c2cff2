using BackupRunner.Kube;
using BackupRunner.Reports;

namespace BackupRunner.Cluster;

/// <summary>What a failed call of the API server means for a run.</summary>
static class ApiFailure
{
    /// <summary>Exit code 2 where only a person can help (a permission, a wrong name), otherwise 3: a later try may succeed.</summary>
    public static RunnerException Of(KubeException failure) => failure switch
    {
        { IsForbidden: true } => new RunnerException(ExitCode.Usage, failure.Message,
            "the Role of this pod's ServiceAccount must allow it: docs/OPERATIONS.md, \"Permissions\"", failure),
        { HttpStatus: System.Net.HttpStatusCode.Unauthorized } => new RunnerException(ExitCode.Usage, failure.Message,
            "the API server does not know this pod's token: see that the ServiceAccount exists and its token is mounted", failure),
        { IsNotFound: true } => new RunnerException(ExitCode.Usage, failure.Message, null, failure),
        { IsUnreachable: true } => new RunnerException(ExitCode.Command, failure.Message,
            "the next run tries again; if it never answers, a NetworkPolicy must let this pod reach the API server", failure),
        _ => new RunnerException(ExitCode.Command, failure.Message, null, failure),
    };

    public static async Task<T> Translated<T>(Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (KubeException failure)
        {
            throw Of(failure);
        }
    }
}
