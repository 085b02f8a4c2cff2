using System.Text.Json.Nodes;
using BackupRunner.Tests.Kube.Fake;

namespace BackupRunner.Tests.Kube.Simulation;

/// <summary>The Job controller, for Jobs of one pod at a time.</summary>
public sealed class SimulatedJobs(SimulatedApi api, FakeCluster cluster, SimulatedCluster simulation)
{
    public async Task Pass(CancellationToken cancel)
    {
        foreach (var job in api.List("jobs").Where(job => job["metadata"]!["deletionTimestamp"] is null && !IsOver(job)))
            await Job(job, cancel);
    }

    /// <summary>Complete or Failed.</summary>
    public static bool IsOver(JsonObject job) => Holds(job, "Complete") || Holds(job, "Failed");

    public static bool Holds(JsonObject job, string condition) =>
        (job["status"]?["conditions"] as JsonArray ?? []).Any(one => (string?)one!["type"] == condition && (string?)one["status"] == "True");

    async Task Job(JsonObject job, CancellationToken cancel)
    {
        var spec = job["spec"]!;
        if ((bool?)spec["suspend"] == true)
            return;
        var pods = api.List("pods").Where(pod => (pod["metadata"]!["ownerReferences"] as JsonArray ?? []).Any(owner => (string?)owner!["uid"] == (string?)job["metadata"]!["uid"])).ToList();
        var failed = pods.Where(pod => (string?)pod["status"]?["phase"] == "Failed").ToList();
        var succeeded = pods.Count(pod => (string?)pod["status"]?["phase"] == "Succeeded");
        var alive = pods.Where(pod => (string?)pod["status"]?["phase"] is not ("Failed" or "Succeeded")).ToList();
        var active = alive.Where(pod => pod["metadata"]!["deletionTimestamp"] is null).ToList();
        var start = (string?)job["status"]!["startTime"] ?? cluster.Now;
        var rules = failed.Select(pod => (Pod: pod, Rule: RuleOf(spec, pod))).ToList();
        var counted = rules.Count(one => one.Rule is not { Action: "Ignore" }) + (int)(long)(job["status"]!["failed"] is { } earlier ? Math.Max(0, (long)earlier - failed.Count) : 0);
        var end = EndOf(job, rules, counted, succeeded, start);
        if (end is null && succeeded < ((int?)spec["completions"] ?? 1) && alive.Count == 0)
        {
            var name = $"{SimulatedSets.NameOf(job)}-{FakeCluster.RandomSuffix()}";
            var pod = SimulatedSets.PodOf(job, "Job", name, []);
            pod["metadata"]!["generateName"] = SimulatedSets.NameOf(job) + "-";
            active.Add(await api.Create("pods", pod, cancel));
        }
        if (end is { Type: not "Complete" })
        {
            foreach (var pod in active)
                await api.Delete("pods", pod, null, cancel);
            active.Clear();
        }
        await api.Status("jobs", job, StatusOf(job, start, end, active, succeeded, failed.Count, alive.Count - active.Count), cancel);
    }

    (string Type, string Reason, string Message)? EndOf(JsonObject job, List<(JsonObject Pod, (string Action, string Message)? Rule)> failures, int counted, int succeeded, string start)
    {
        var spec = job["spec"]!;
        if (succeeded >= ((int?)spec["completions"] ?? 1))
            return ("Complete", "CompletionsReached", "Reached expected number of succeeded pods");
        if (failures.Select(failure => failure.Rule).FirstOrDefault(rule => rule is { Action: "FailJob" }) is var (_, message))
            return ("Failed", "PodFailurePolicy", message);
        if (counted > (int)spec["backoffLimit"]!)
            return ("Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit");
        if ((long?)spec["activeDeadlineSeconds"] is not { } seconds)
            return null;
        var left = DateTimeOffset.Parse(start, System.Globalization.CultureInfo.InvariantCulture) + TimeSpan.FromSeconds(seconds) - cluster.Time.GetUtcNow();
        if (left <= TimeSpan.Zero)
            return ("Failed", "DeadlineExceeded", "Job was active longer than specified deadline");
        if (left < TimeSpan.FromMinutes(10))
            _ = Task.Delay(left, cluster.Time).ContinueWith(_ => simulation.Ring(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return null;
    }

    JsonObject StatusOf(JsonObject job, string start, (string Type, string Reason, string Message)? end, List<JsonObject> active, int succeeded, int failed, int terminating)
    {
        var status = new JsonObject();
        // A Job that failed has all the more ended once its pods have.
        if (end is var (type, reason, message))
        {
            var conditions = new JsonArray(Condition(job, type == "Complete" ? "SuccessCriteriaMet" : "FailureTarget", reason, message));
            if (terminating == 0)
                conditions.Add((JsonNode)Condition(job, type, reason, message));
            status["conditions"] = conditions;
            if (type == "Complete" && terminating == 0)
                status["completionTime"] = cluster.Now;
        }
        status["startTime"] = start;
        status["active"] = active.Count;
        status["succeeded"] = succeeded;
        status["failed"] = failed;
        status["terminating"] = terminating;
        status["uncountedTerminatedPods"] = new JsonObject();
        status["ready"] = active.Count(SimulatedSets.IsReady);
        return status;
    }

    JsonObject Condition(JsonObject job, string type, string reason, string message)
    {
        var was = (job["status"]!["conditions"] as JsonArray ?? []).FirstOrDefault(condition => (string?)condition!["type"] == type);
        var time = (string?)was?["lastTransitionTime"] ?? cluster.Now;
        return new JsonObject { ["type"] = type, ["status"] = "True", ["lastProbeTime"] = time, ["lastTransitionTime"] = time, ["reason"] = reason, ["message"] = message };
    }

    // The first rule that matches decides; none: the failure counts.
    static (string Action, string Message)? RuleOf(JsonNode spec, JsonObject pod)
    {
        foreach (var (rule, at) in (spec["podFailurePolicy"]?["rules"] as JsonArray ?? []).Select((rule, at) => (rule!, at)))
        {
            var action = (string)rule["action"]!;
            if (rule["onExitCodes"] is { } codes)
            {
                var values = ((JsonArray)codes["values"]!).Select(value => (long)value!).ToList();
                foreach (var container in (pod["status"]!["containerStatuses"] as JsonArray ?? []).Where(container => codes["containerName"] is not { } only || (string)only! == (string?)container!["name"]))
                {
                    if ((long?)container!["state"]?["terminated"]?["exitCode"] is { } code and not 0 && values.Contains(code) == ((string)codes["operator"]! == "In"))
                        return (action, $"Container {container["name"]} for pod {pod["metadata"]!["namespace"]}/{SimulatedSets.NameOf(pod)} failed with exit code {code} matching {action} rule at index {at}");
                }
            }
            foreach (var condition in rule["onPodConditions"] as JsonArray ?? [])
            {
                if ((pod["status"]!["conditions"] as JsonArray ?? []).Any(one => (string?)one!["type"] == (string?)condition!["type"] && (string?)one["status"] == ((string?)condition["status"] ?? "True")))
                    return (action, $"Pod {pod["metadata"]!["namespace"]}/{SimulatedSets.NameOf(pod)} has condition {condition!["type"]} matching {action} rule at index {at}");
            }
        }
        return null;
    }
}
