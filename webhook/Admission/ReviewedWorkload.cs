using System.Text.Json;
using BackupRunner.Names;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Admission;

/// <summary>The workload of a request, where the review says that it is.</summary>
static class ReviewedWorkload
{
    public static ProtectedWorkload Read(AdmissionRequest request, JsonElement item)
    {
        var kind = request.Resource == "statefulsets" ? ClusterNames.StatefulSet : ClusterNames.Deployment;
        var workload = WorkloadReader.Read(kind, item);
        // At CREATE an object need not say its namespace itself.
        return workload with { Id = new(kind, request.Namespace, workload.Id.Name) };
    }
}
