using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

namespace BackupRunner.Tests.Manifests;

/// <summary>
/// The API server takes no number for a text and no text for a number, and kubectl takes <c>on</c> and <c>0440</c> as YAML 1.1 does and other readers do
/// not: what could be taken in two ways is refused.
/// </summary>
sealed partial class StrictScalars : INodeDeserializer
{
    public bool Deserialize(IParser reader, Type expectedType, Func<IParser, Type, object?> nestedObjectDeserializer, out object? value, ObjectDeserializer rootDeserializer)
    {
        value = null;
        if (!reader.Accept<Scalar>(out var scalar))
            return false;
        var type = Nullable.GetUnderlyingType(expectedType) ?? expectedType;
        var isPlain = scalar.Style == ScalarStyle.Plain;
        if (type == typeof(string) && isPlain && OtherThanText().IsMatch(scalar.Value))
            throw new YamlException(scalar.Start, scalar.End, $"{scalar.Value} is not a text");
        if (type == typeof(int) && !(isPlain && WholeNumber().IsMatch(scalar.Value)))
            throw new YamlException(scalar.Start, scalar.End, $"{scalar.Value} is not a plain decimal number");
        if (type == typeof(bool) && !(isPlain && scalar.Value is "true" or "false"))
            throw new YamlException(scalar.Start, scalar.End, $"{scalar.Value} is neither true nor false");
        return false;
    }

    [GeneratedRegex(@"^(|~|null|true|false|yes|no|on|off|y|n|[-+]?[0-9][0-9_]*(\.[0-9]*)?([eE][-+]?[0-9]+)?|0[xob][0-9a-f]+|[-+]?\.(inf|nan))$", RegexOptions.IgnoreCase)]
    private static partial Regex OtherThanText();

    [GeneratedRegex("^(0|-?[1-9][0-9]*)$")]
    private static partial Regex WholeNumber();
}
