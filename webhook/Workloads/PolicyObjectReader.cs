using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using BackupRunner.Kube;
using BackupRunner.Policy;
using BackupRunner.Templates;

namespace BackupRunner.Webhook.Workloads;

/// <summary>From the JSON of a BackupPolicy to a policy that can be carried out in a cluster, or every reason why not. Never throws.</summary>
public static class PolicyObjectReader
{
    /// <summary>Of the policy as a document: a ConfigMap has to hold it, with its keys in 1 MiB.</summary>
    public const int MaximumBytes = PolicyDocument.MaximumBytes - 1024;

    static readonly JsonWriterOptions Readable = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static PolicyObject Read(KubeObject item) => Read(
        item.Metadata.Namespace ?? "", item.Metadata.Name, item.Metadata.Uid ?? "", item.Metadata.Generation ?? 0,
        item.Unknown?.GetValueOrDefault("spec") ?? default);

    public static PolicyObject Read(JsonElement item)
    {
        var metadata = item.Field("metadata");
        return Read(
            metadata.Text("namespace") ?? "", metadata.Text("name") ?? "", metadata.Text("uid") ?? "", metadata.Whole("generation") ?? 0, item.Field("spec"));
    }

    static PolicyObject Read(string space, string name, string uid, long generation, JsonElement spec)
    {
        PolicyObject Refused(string body, params IReadOnlyList<string> problems) => new(space, name, uid, generation, body, null, problems);

        if (spec.ValueKind == JsonValueKind.Undefined)
            return Refused("", "spec: is missing; it holds what stands under \"backup:\" in a policy file");
        if (spec.GetRawText().Length > MaximumBytes || Text(spec) is not { } body || Encoding.UTF8.GetByteCount(body) > MaximumBytes)
            return Refused("", $"spec: is larger than {MaximumBytes >> 10} KiB");
        try
        {
            var policy = PolicyDocument.Parse(PolicyBody.Document(body)).Policy;
            var problems = Problems(policy);
            return problems.Count == 0 ? new PolicyObject(space, name, uid, generation, body, policy, []) : Refused(body, problems);
        }
        catch (PolicyException invalid)
        {
            return Refused(body, [.. invalid.Problems.Select(problem => (problem with { Line = 0, Column = 0 }).ToString())]);
        }
    }

    /// <summary>The same JSON, laid out for people, with as few escapes as JSON allows.</summary>
    static string? Text(JsonElement spec)
    {
        var buffer = new MemoryStream();
        try
        {
            using var writer = new Utf8JsonWriter(buffer, Readable);
            spec.WriteTo(writer);
        }
        catch (Exception unwritable) when (unwritable is InvalidOperationException or ArgumentException)
        {
            // Half of a surrogate pair: the reader of the policy refuses it, with the place.
            return spec.GetRawText();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    static List<string> Problems(BackupPolicy policy)
    {
        var problems = PolicyCompleteness.Problems(policy).Select(problem => problem.ToString()).ToList();
        if (policy.Storage?.Provider == StorageProvider.File)
        {
            problems.Add(new PolicyProblem("backup.storage.provider", 0, 0,
                "\"file\" is a folder of the runner's own container, which ends with the run, and with it the backup; in a cluster it is one of s3, gcs, azure, minio").ToString());
        }
        var model = Model(policy);
        problems.AddRange(PolicyTemplates.Of(policy).SelectMany(template => Faults(template, model)));
        return problems;
    }

    static IEnumerable<string> Faults(PolicyTemplate template, TemplateModel model)
    {
        IReadOnlyList<TemplateFault> faults;
        try
        {
            faults = CommandTemplate.Parse(template.Text).Check(model);
        }
        catch (TemplateException invalid)
        {
            faults = invalid.Faults;
        }
        return faults.Select(fault => new PolicyProblem(template.Path, 0, 0, fault.ToString()).ToString());
    }

    /// <summary>A policy is for any workload: what only a run knows has a value here that reads like one.</summary>
    static TemplateModel Model(BackupPolicy policy)
    {
        var values = new Dictionary<string, object?>(policy.Values, StringComparer.Ordinal);
        values.TryAdd("dataPath", "/var/lib/data");
        return new TemplateModel(
            values,
            new BackupNames("20260101t000000z-aaaaaa", "2026-01-01T00:00:00Z", "/backup/backup.tar.gz", "/backup/backup.tar.gz.sha256"),
            new WorkloadNames("statefulset", "workload", "namespace", "workload-0", "container", "data-workload-0"));
    }
}
