using BackupRunner.Policy.Yaml;

namespace BackupRunner.Policy.Reading;

/// <summary>The free map <c>values</c>, as templates see it.</summary>
sealed class ValuesReader(ProblemList problems, PolicyMarks marks)
{
    public IReadOnlyDictionary<string, object?> Read(string path, YamlMapping mapping)
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var entry in mapping.Entries)
            values.Add(entry.Key, Value($"{path}.{Quoted.Key(entry.Key)}", entry.Value));
        return values;
    }

    object? Value(string path, YamlNode node)
    {
        marks.Add(path, node.Mark);
        return node switch
        {
            YamlMapping mapping => Read(path, mapping),
            YamlSequence list => list.Items.Index().Select(item => Value($"{path}[{item.Index}]", item.Item)).ToList(),
            _ => Leaf(path, (YamlScalar)node),
        };
    }

    object? Leaf(string path, YamlScalar scalar)
    {
        if (YamlValue.IsNull(scalar))
            return null;
        if (YamlValue.Boolean(scalar) is { } flag)
            return flag;
        if (YamlValue.IsOldBoolean(scalar))
            return Refuse(path, scalar, "is a boolean to some readers of YAML and a text to others; write true or false, or put it in quotes");
        if (YamlValue.IsWhole(scalar))
            return YamlValue.IsOldOctal(scalar)
                ? Refuse(path, scalar, "begins with a zero, which some readers take for octal; put it in quotes or remove the zero")
                : YamlValue.Whole(scalar) ?? Refuse(path, scalar, "is too large a number; put it in quotes");
        if (YamlValue.Real(scalar) is { } real)
            return double.IsFinite(real) ? real : Refuse(path, scalar, "is too large a number or none; put it in quotes");
        return scalar.Text.Contains('\0') ? Refuse(path, scalar, "holds a NUL character") : scalar.Text;
    }

    object? Refuse(string path, YamlScalar scalar, string message)
    {
        problems.Add(path, scalar.Mark, $"{Quoted.Of(scalar.Text)} {message}");
        return null;
    }
}
