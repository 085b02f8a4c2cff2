using BackupRunner.Policy;

namespace BackupRunner.Webhook.Workloads;

/// <summary>A BackupPolicy of the cluster, parsed once.</summary>
/// <param name="Body">The JSON of its <c>spec</c>, which is what stands under <c>backup:</c> in a policy file.</param>
/// <param name="Policy">Null: it does not parse or is not complete, as <paramref name="Problems"/> say.</param>
/// <param name="Problems">One line each, with paths.</param>
public sealed record PolicyObject(
    string Namespace, string Name, string Uid, long Generation, string Body, BackupPolicy? Policy, IReadOnlyList<string> Problems);
