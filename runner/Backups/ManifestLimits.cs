namespace BackupRunner.Backups;

/// <summary>How long the parts of a manifest can be at most when this program wrote it. What goes beyond was made to fill memory or logs.</summary>
static class ManifestLimits
{
    const int MaxText = 1 << 10;
    const int MaxWarnings = 1 << 7;

    /// <returns>What is wrong; null when nothing is.</returns>
    public static string? Problem(Manifest manifest)
    {
        var identity = manifest.Identity;
        string?[] texts =
        [
            manifest.Id, identity.Cluster, identity.Namespace, identity.Kind, identity.Name, identity.Claim, identity.WorkloadUid, identity.ClaimUid,
            manifest.Tool.Name, manifest.Tool.Version, manifest.PolicySha256, manifest.Archive.Source, manifest.Gzip?.Sha256, manifest.Stored.Key,
            manifest.Stored.Sha256, manifest.Encryption.Algorithm, manifest.Encryption.Iv, manifest.Consistency?.Result, manifest.ManifestSha256,
        ];
        if (texts.Any(text => text?.Length > MaxText))
            return $"a text in it is longer than {MaxText} characters";
        // The serializer's null checks look neither into lists nor at members that are left out.
        if (manifest.Archive.Warnings is null || manifest.Archive.Warnings.Count > MaxWarnings || manifest.Archive.Warnings.Any(warning => warning is null || warning.Kind.Length > MaxText || warning.Names is null || warning.Names.Any(name => name is null)))
            return "its warnings are none that were written";
        long?[] numbers =
        [
            manifest.Archive.Entries, manifest.Archive.Files, manifest.Archive.Bytes, manifest.Archive.DiskBytes, manifest.Archive.Inodes, manifest.Archive.TarBytes,
            manifest.Gzip?.Bytes, manifest.Stored.Bytes, .. manifest.Archive.Warnings.Select(warning => (long?)warning.Count),
        ];
        return numbers.Any(number => number is < 0 or > long.MaxValue / MaxWarnings / 2) ? "a number in it is none that was counted" : null;
    }
}
