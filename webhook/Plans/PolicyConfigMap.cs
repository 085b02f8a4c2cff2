using System.Text.Json.Nodes;
using BackupRunner.Webhook.Workloads;

namespace BackupRunner.Webhook.Plans;

/// <summary>The policy as the runs of a workload mount it.</summary>
public static class PolicyConfigMap
{
    public static WantedObject For(ProtectionPlan plan) =>
        PlannedObject.Of(plan, "ConfigMap", plan.PolicyConfigMap, null, ("data", new JsonObject { ["policy.yaml"] = PolicyBody.Document(plan.Policy.Body) }));
}
