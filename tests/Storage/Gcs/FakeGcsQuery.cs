using Microsoft.AspNetCore.Http;

namespace BackupRunner.Tests.Storage.Gcs;

/// <summary>The parameters of one request, of which each must be known to its method.</summary>
sealed class FakeGcsQuery
{
    readonly IQueryCollection values;

    public FakeGcsQuery(IQueryCollection values, params string[] known)
    {
        this.values = values;
        if (values.Keys.Except(known).ToList() is { Count: > 0 } unknown)
            throw new FakeGcsViolationException($"parameters that this method does not have: {string.Join(", ", unknown)}");
        if (values.FirstOrDefault(value => value.Value.Count != 1).Key is { } repeated)
            throw new FakeGcsViolationException($"the parameter {repeated} came more than once");
    }

    public string? this[string name] => values.TryGetValue(name, out var value) ? value.ToString() : null;

    public long? Number(string name) => this[name] is not { } text ? null
        : long.TryParse(text, out var number) && number >= 0 ? number
        : throw FakeGcsException.Invalid($"Invalid value for: {name}");

    /// <summary>ifGenerationMatch and ifGenerationNotMatch; 0 stands for no object.</summary>
    public void CheckConditions(FakeGcsObject? live)
    {
        if ((Number("ifGenerationMatch") is { } match && match != (live?.Generation ?? 0))
            || (Number("ifGenerationNotMatch") is { } other && other == (live?.Generation ?? 0)))
        {
            throw FakeGcsException.Condition();
        }
    }
}
