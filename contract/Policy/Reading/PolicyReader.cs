using BackupRunner.Policy.Yaml;

namespace BackupRunner.Policy.Reading;

/// <summary>The policy of a YAML tree.</summary>
static class PolicyReader
{
    public static BackupPolicy Read(YamlNode root, ProblemList problems, PolicyMarks marks)
    {
        marks.Add(PolicyPath.Root, root.Mark);
        if (root is not YamlMapping mapping)
        {
            problems.Add("", root.Mark, $"expected a mapping with the root key \"backup\", not {YamlValue.Kind(root)}");
            return new BackupPolicy();
        }
        var body = Body(mapping, problems, marks);
        return Policy(new MappingReader(PolicyPath.Root, body is null || YamlValue.IsNull(body) ? null : body, problems, marks), problems, marks);
    }

    // A document is "backup:" or a fragment: keys of the body, or of "settings", that stand at the root.
    static YamlNode? Body(YamlMapping root, ProblemList problems, PolicyMarks marks)
    {
        var whole = root.Entries.FirstOrDefault(entry => entry.Key == PolicyPath.Root);
        var fragment = new List<YamlEntry>();
        var settings = new List<YamlEntry>();
        foreach (var entry in root.Entries.Where(entry => entry != whole))
        {
            var known = PolicyPath.IsKnown(entry.Key);
            if (!known)
                problems.Add(Quoted.Key(entry.Key), entry.Mark, problems.HasRoom ? Nearest.UnknownKey(entry.Key, PolicyPath.RootKeys) : "");
            else if (whole is not null)
                problems.Add(entry.Key, entry.Mark, $"{Quoted.Of(entry.Key)} stands beside \"backup\"; put it inside");
            else
                (PolicyPath.SettingsKeys.Contains(entry.Key) ? settings : fragment).Add(entry);
        }
        if (whole is null)
            return new YamlMapping(root.Mark, Joined(fragment, settings, problems));
        marks.Add(PolicyPath.Root, whole.Value.Mark);
        return whole.Value;
    }

    static List<YamlEntry> Joined(List<YamlEntry> fragment, List<YamlEntry> settings, ProblemList problems)
    {
        if (settings.Count == 0)
            return fragment;
        var given = fragment.FindIndex(entry => entry.Key == "settings" && entry.Value is YamlMapping);
        if (given >= 0)
        {
            foreach (var entry in ((YamlMapping)fragment[given].Value).Entries)
            {
                if (settings.Find(other => other.Key == entry.Key) is { } other)
                    problems.Add($"backup.settings.{Quoted.Key(entry.Key)}", entry.Mark,
                        $"{Quoted.Of(entry.Key)} is given twice, also in line {other.Mark.Line}");
                else
                    settings.Add(entry);
            }
            fragment.RemoveAt(given);
        }
        fragment.Add(new YamlEntry("settings", settings[0].Mark, new YamlMapping(settings[0].Mark, settings)));
        return fragment;
    }

    static BackupPolicy Policy(MappingReader body, ProblemList problems, PolicyMarks marks)
    {
        var policy = new BackupPolicy
        {
            Enabled = body.Flag("enabled", true),
            Storage = body.Optional("storage", StorageReader.Read),
            Cluster = body.Parsed("cluster", PolicyText.Word),
            Settings = SettingsReader.Read(body.Section("settings")),
            Retention = Retention(body.Section("retention")),
            Schedule = ScheduleReader.Read(body.Section("schedule")),
            Commands = Commands(body.Section("commands")),
            Values = Values(body, problems, marks),
            Restore = Restore(body.Section("restore")),
            Verification = body.Optional("verification", Verification),
        };
        body.Finish();
        return policy;
    }

    static RetentionPolicy Retention(MappingReader section)
    {
        var defaults = new RetentionPolicy();
        var retention = new RetentionPolicy
        {
            RemoteRetention = section.Duration("remoteRetention", defaults.RemoteRetention),
            KeepCount = section.Whole("keepCount", defaults.KeepCount, 1, int.MaxValue),
        };
        section.Finish();
        return retention;
    }

    static CommandsPolicy Commands(MappingReader section)
    {
        var commands = new CommandsPolicy
        {
            Backup = section.Text("backup"),
            Restore = section.Text("restore"),
            RunIn = section.Choice("runIn", PolicyWords.Places),
            Timeout = section.Duration("timeout", new CommandsPolicy().Timeout),
        };
        section.Finish();
        return commands;
    }

    static IReadOnlyDictionary<string, object?> Values(MappingReader body, ProblemList problems, PolicyMarks marks)
    {
        var node = body.Take("values");
        if (node is YamlMapping mapping)
            return new ValuesReader(problems, marks).Read(body.PathOf("values"), mapping);
        if (node is not null)
            body.Refuse("values", $"expected a mapping, not {YamlValue.Kind(node)}");
        return new BackupPolicy().Values;
    }

    static RestorePolicy Restore(MappingReader section)
    {
        var restore = new RestorePolicy
        {
            Owner = section.Parsed("owner", Owner),
            HealthCommand = section.Text("healthCommand"),
            StartTimeout = section.Duration("startTimeout", new RestorePolicy().StartTimeout),
            KeepOldData = section.Flag("keepOldData", false),
            Undo = section.Flag("undo", true),
            InPlace = section.Flag("inPlace", false),
        };
        section.Finish();
        return restore;
    }

    static VerificationPolicy Verification(MappingReader section)
    {
        var verification = new VerificationPolicy
        {
            Schedule = section.Parsed("schedule", ScheduleReader.Cron),
            Mode = section.Choice("mode", PolicyWords.VerificationModes) ?? VerificationMode.Checksum,
            Command = section.Text("command"),
        };
        if (verification is { Command: not null, Mode: VerificationMode.Checksum })
            section.Refuse("command", "needs mode: full; with \"checksum\" nothing is extracted for it to look at");
        section.Finish();
        return verification;
    }

    static (NumericOwner? Owner, string? Problem) Owner(string text) => NumericOwner.Parse(text) is { } owner
        ? (owner, null)
        : (null, $"{Quoted.Of(text)} is not a numeric \"uid:gid\", such as \"999:999\"");
}
