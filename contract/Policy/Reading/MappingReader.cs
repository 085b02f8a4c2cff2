using System.Collections.Frozen;
using BackupRunner.Policy.Yaml;

namespace BackupRunner.Policy.Reading;

/// <summary>
/// Reads the keys of one mapping. Each call takes one key, notes its mark and, when its value is not what it must be, a problem; the
/// result is then the default, so that reading goes on. <see cref="Finish"/> refuses the keys that nobody took.
/// </summary>
sealed class MappingReader
{
    readonly ProblemList problems;
    readonly PolicyMarks marks;
    readonly Dictionary<string, YamlEntry> entries = new(StringComparer.Ordinal);
    readonly List<string> taken = [];

    /// <param name="node">Null when the key is not set: every default holds.</param>
    public MappingReader(string path, YamlNode? node, ProblemList problems, PolicyMarks marks)
    {
        (Path, this.problems, this.marks) = (path, problems, marks);
        if (node is YamlMapping mapping)
        {
            foreach (var entry in mapping.Entries)
                entries.Add(entry.Key, entry);
        }
        else if (node is not null)
        {
            problems.Add(path, node.Mark, $"expected a mapping, not {YamlValue.Kind(node)}");
        }
    }

    public string Path { get; }

    public string PathOf(string key) => $"{Path}.{key}";

    public bool IsSet(string key) => entries.TryGetValue(key, out var entry) && !YamlValue.IsNull(entry.Value);

    /// <summary>Adds a problem to the value of a key that is set.</summary>
    public void Refuse(string key, string message) => problems.Add(PathOf(key), entries[key].Value.Mark, message);

    public YamlNode? Take(string key)
    {
        taken.Add(key);
        if (!entries.TryGetValue(key, out var entry))
            return null;
        var scalar = entry.Value as YamlScalar;
        marks.Add(PathOf(key), entry.Value.Mark, scalar?.Text, scalar is { Literal: true }, scalar is { Plain: false, Literal: false });
        return IsSet(key) ? entry.Value : null;
    }

    public MappingReader Section(string key) => new(PathOf(key), Take(key), problems, marks);

    /// <summary>A section that is null when the document does not have it.</summary>
    public T? Optional<T>(string key, Func<MappingReader, T> read)
        where T : class
    {
        var section = Section(key);
        return IsSet(key) ? read(section) : null;
    }

    /// <summary>A text that is not empty.</summary>
    public string? Text(string key)
    {
        if (Scalar(key) is not { } scalar)
            return null;
        var problem = PolicyText.Problem(scalar);
        if (problem is not null)
            Refuse(key, problem);
        return problem is null ? scalar.Text : null;
    }

    /// <summary>A text that <paramref name="parse"/> makes a value of, or a problem.</summary>
    public T? Parsed<T>(string key, Func<string, (T? Value, string? Problem)> parse)
    {
        if (Text(key) is not { } text)
            return default;
        var (value, problem) = parse(text);
        if (problem is not null)
            Refuse(key, problem);
        return value;
    }

    public bool Flag(string key, bool fallback)
    {
        if (Scalar(key) is not { } scalar)
            return fallback;
        if (YamlValue.Boolean(scalar) is { } value)
            return value;
        Refuse(key, Quoted.Of(scalar.Text) + (YamlValue.IsOldBoolean(scalar) ? " is not a boolean in YAML 1.2; write true or false"
            : scalar.Text is "true" or "false" ? " is a text; remove the quotes"
            : " is not true or false"));
        return fallback;
    }

    public int Whole(string key, int fallback, int least, int most)
    {
        if (Scalar(key) is not { } scalar)
            return fallback;
        var problem = PolicyText.NumberProblem(scalar, least, most);
        if (problem is not null)
            Refuse(key, problem);
        return problem is null ? (int)YamlValue.Whole(scalar)! : fallback;
    }

    public TimeSpan Duration(string key, TimeSpan fallback, bool zero = false)
    {
        if (Scalar(key) is not { } scalar)
            return fallback;
        if (!Schedule.Duration.TryParse(scalar.Text, out var value, out var problem))
            Refuse(key, $"{Quoted.Of(scalar.Text)} {problem}");
        else if (value == TimeSpan.Zero && !zero)
            Refuse(key, $"{Quoted.Of(scalar.Text)} is not more than zero");
        return problem is null && (value > TimeSpan.Zero || zero) ? value : fallback;
    }

    public T? Choice<T>(string key, FrozenDictionary<string, T> words)
        where T : struct, Enum
    {
        if (Scalar(key) is not { } scalar)
            return null;
        if (words.TryGetValue(scalar.Text, out var choice))
            return choice;
        var nearest = Nearest.Of(scalar.Text, words.Keys);
        Refuse(key, $"{Quoted.Of(scalar.Text)} is not known; " + (nearest is null
            ? $"it is one of {string.Join(", ", words.Keys.Order(StringComparer.Ordinal).Select(Quoted.Of))}"
            : $"did you mean {Quoted.Of(nearest)}?"));
        return null;
    }

    /// <summary>A list of texts that are not empty.</summary>
    public IReadOnlyList<string> Texts(string key)
    {
        if (Take(key) is not { } node)
            return [];
        if (node is not YamlSequence list)
        {
            Refuse(key, $"expected a list, not {YamlValue.Kind(node)}");
            return [];
        }
        foreach (var (index, item) in list.Items.Index())
        {
            var problem = item is YamlScalar scalar && !YamlValue.IsNull(item) ? PolicyText.Problem(scalar) : $"expected a text, not {YamlValue.Kind(item)}";
            if (problem is not null)
                problems.Add($"{PathOf(key)}[{index}]", item.Mark, problem);
        }
        return [.. list.Items.OfType<YamlScalar>().Select(item => item.Text)];
    }

    public void Finish()
    {
        foreach (var entry in entries.Values)
        {
            if (!taken.Contains(entry.Key))
                problems.Add(PathOf(Quoted.Key(entry.Key)), entry.Mark, problems.HasRoom ? Nearest.UnknownKey(entry.Key, taken) : "");
        }
    }

    YamlScalar? Scalar(string key)
    {
        var node = Take(key);
        if (node is not null and not YamlScalar)
            Refuse(key, $"expected a single value, not {YamlValue.Kind(node)}");
        return node as YamlScalar;
    }
}
