using BackupRunner.Webhook.Status.View;
using Microsoft.Extensions.Primitives;

namespace BackupRunner.Webhook.Status.Page;

/// <summary>Which part of the cluster is shown.</summary>
/// <param name="Namespace">Null: all.</param>
public sealed record PageFilter(string? Namespace)
{
    /// <param name="values">Of the query's <c>namespace</c>; empty: all.</param>
    /// <returns>Null: that is no name of a namespace.</returns>
    public static PageFilter? Read(StringValues values) => values.Count switch
    {
        0 => new PageFilter((string?)null),
        1 when string.IsNullOrEmpty(values[0]) => new PageFilter((string?)null),
        1 when CommandValues.IsLabel(values[0]!) => new PageFilter(values[0]),
        _ => null,
    };

    public StatusView Of(StatusView view) => Namespace is null ? view : view with
    {
        Workloads = [.. view.Workloads.Where(workload => workload.Namespace == Namespace)],
        Unprotected = [.. view.Unprotected.Where(one => one.Namespace == Namespace)],
    };

    /// <summary>What there is to choose from, in order.</summary>
    public IEnumerable<string> Choices(StatusView all) => all.Workloads.Select(workload => workload.Namespace).Concat(all.Unprotected.Select(one => one.Namespace))
        .Concat(Namespace is { } chosen ? [chosen] : []).Distinct().Order(StringComparer.Ordinal);
}
