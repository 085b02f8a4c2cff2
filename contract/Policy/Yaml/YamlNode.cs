namespace BackupRunner.Policy.Yaml;

/// <summary>A value of a YAML document and where it begins.</summary>
abstract record YamlNode(PolicyMark Mark);

/// <param name="Plain">Written without quotes and not as a block: the only style that can mean a number, a boolean or null.</param>
/// <param name="Literal">Written as a block with <c>|</c>.</param>
sealed record YamlScalar(PolicyMark Mark, string Text, bool Plain, bool Literal) : YamlNode(Mark);

sealed record YamlSequence(PolicyMark Mark, IReadOnlyList<YamlNode> Items) : YamlNode(Mark);

/// <summary>Keys are unique.</summary>
sealed record YamlMapping(PolicyMark Mark, IReadOnlyList<YamlEntry> Entries) : YamlNode(Mark);

sealed record YamlEntry(string Key, PolicyMark Mark, YamlNode Value);
