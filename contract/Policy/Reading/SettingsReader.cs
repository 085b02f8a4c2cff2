namespace BackupRunner.Policy.Reading;

/// <summary>The section <c>settings</c>.</summary>
static class SettingsReader
{
    public static SettingsPolicy Read(MappingReader section)
    {
        var settings = new SettingsPolicy
        {
            VolumeAccess = VolumeAccess(section.Section("volumeAccess")),
            Consistency = Consistency(section.Section("consistency")),
            Archive = Archive(section.Section("archive")),
            Checksum = Checksum(section.Section("checksum")),
            Encryption = EncryptionReader.Read(section.Section("encryption")),
        };
        section.Finish();
        return settings;
    }

    static VolumeAccessPolicy VolumeAccess(MappingReader section)
    {
        var access = new VolumeAccessPolicy { Method = section.Choice("method", PolicyWords.VolumeAccessMethods) ?? VolumeAccessMethod.SharedPvc };
        if (!section.Flag("readOnly", true))
            section.Refuse("readOnly", "a backup never mounts the volume writable: kubelet would change owners of live data, "
                + "and a fault in the backup could damage it; remove the key or set true");
        section.Finish();
        return access;
    }

    static ConsistencyPolicy Consistency(MappingReader section)
    {
        var defaults = new ConsistencyPolicy();
        var consistency = new ConsistencyPolicy
        {
            Enabled = section.Flag("enabled", defaults.Enabled),
            Command = section.Text("command"),
            WaitForCompletion = section.Flag("waitForCompletion", defaults.WaitForCompletion),
            Timeout = section.Duration("timeout", defaults.Timeout),
            Container = section.Parsed("container", StorageReader.KubernetesName),
            WaitCommand = section.Text("waitCommand"),
            Freeze = section.Optional("freeze", Freeze),
        };
        section.Finish();
        return consistency;
    }

    static FreezePolicy Freeze(MappingReader section)
    {
        var freeze = new FreezePolicy
        {
            Command = section.Text("command"),
            Thaw = section.Text("thaw"),
            Hold = section.Text("hold"),
            Timeout = section.Duration("timeout", new FreezePolicy().Timeout),
        };
        section.Finish();
        return freeze;
    }

    static ArchivePolicy Archive(MappingReader section)
    {
        var archive = new ArchivePolicy
        {
            Format = section.Choice("format", PolicyWords.ArchiveFormats) ?? ArchiveFormat.TarGz,
            CompressionLevel = section.Whole("compressionLevel", new ArchivePolicy().CompressionLevel, 1, 9),
            Exclude = section.Texts("exclude"),
        };
        section.Finish();
        return archive;
    }

    static ChecksumPolicy Checksum(MappingReader section)
    {
        var checksum = new ChecksumPolicy { Algorithm = section.Choice("algorithm", PolicyWords.ChecksumAlgorithms) ?? ChecksumAlgorithm.Sha256 };
        section.Finish();
        return checksum;
    }
}
