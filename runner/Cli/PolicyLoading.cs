using System.Security.Cryptography;
using BackupRunner.Policy;
using BackupRunner.Reports;
using BackupRunner.Templates;

namespace BackupRunner.Cli;

/// <summary>From the policy file to a policy that this program can carry out, or every reason why not.</summary>
public static class PolicyLoading
{
    /// <param name="file">Null: the defaults.</param>
    /// <param name="store">A folder that takes the place of the policy's storage; null: the policy's own.</param>
    public static (BackupPolicy Policy, string? Sha256) Load(string? file, string? store)
    {
        var (policy, marks, sha256) = file is null ? (new BackupPolicy(), null, null) : Read(file);
        if (store is not null)
            policy = policy with { Storage = new StoragePolicy { Provider = StorageProvider.File, Path = store, Prefix = policy.Storage?.Prefix ?? "" } };
        else if (file is null)
            throw new RunnerException(ExitCode.Usage, "where the backups are is not said", "name a folder with --store, or a policy with --policy");
        var problems = PolicyCompleteness.Problems(policy, marks)
            .Select(problem => problem.ToString())
            .Concat(PolicyTemplates.Of(policy).SelectMany(template => Faults(template, marks)))
            .ToList();
        if (problems.Count > 0)
            throw Refused(file, problems, "docs/POLICY.md documents each key");
        return (policy, sha256);
    }

    static (BackupPolicy, PolicyMarks?, string?) Read(string file)
    {
        try
        {
            var bytes = File.ReadAllBytes(file);
            var parsed = PolicyDocument.Parse(System.Text.Encoding.UTF8.GetString(bytes));
            return (parsed.Policy, parsed.Marks, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }
        catch (PolicyException invalid)
        {
            throw Refused(file, [.. invalid.Problems.Select(problem => problem.ToString())], "docs/POLICY.md documents each key");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            var why = Directory.Exists(file) ? "it is a folder" : !File.Exists(file) ? "there is no such file" : failure.Message.TrimEnd('.');
            throw new RunnerException(ExitCode.Usage, $"cannot read the policy \"{file}\": {why}", "--policy names a YAML file; docs/POLICY.md documents it", failure);
        }
    }

    static IEnumerable<string> Faults(PolicyTemplate template, PolicyMarks? marks)
    {
        try
        {
            _ = CommandTemplate.Parse(template.Text);
            return [];
        }
        catch (TemplateException invalid)
        {
            return invalid.Faults.Select(fault => Placed(template.Path, fault, marks));
        }
    }

    public static string Placed(string path, TemplateFault fault, PolicyMarks? marks)
    {
        var place = marks?.Within(path, fault.Line, fault.Column);
        return new PolicyProblem(path, place?.Line ?? 0, place?.Column ?? 0, fault.Message).ToString();
    }

    static RunnerException Refused(string? file, List<string> problems, string hint) => new(
        ExitCode.Usage,
        problems.Count == 1 ? $"{file ?? "the policy"}: {problems[0]}" : $"{file ?? "the policy"} has {problems.Count} problems:\n  {string.Join("\n  ", problems)}",
        hint);
}
