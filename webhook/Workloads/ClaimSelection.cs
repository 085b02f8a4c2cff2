using System.Globalization;
using BackupRunner.Names;
using BackupRunner.Policy.Reading;

namespace BackupRunner.Webhook.Workloads;

/// <summary>Which claims of a workload are backed up, and why others are not (docs/OPERATIONS.md, "Volumes").</summary>
public static class ClaimSelection
{
    /// <summary>Of one workload: what <c>replicas</c> may ask for has no end, and each claim becomes a CronJob and a Lease.</summary>
    public const int MaximumClaims = 1000;

    /// <summary>Wrong names in the annotation that are told, and right ones that a message has: an annotation holds tens of thousands, and looking for what was meant costs.</summary>
    const int Named = 20;

    /// <summary>Right names that a wrong one is compared with.</summary>
    const int Candidates = 100;

    const string Windows = "its pods run Windows (spec.template.spec.os.name); a runner is a Linux pod, which can neither mount their volumes nor store their access rights";

    /// <summary>The claims that the annotation <c>claims</c> names, and without it all that can be backed up.</summary>
    /// <param name="claims">At least those of the workload's namespace.</param>
    public static SelectedClaims Of(ProtectedWorkload workload, IEnumerable<VolumeClaim> claims)
    {
        if (workload.Pod.IsWindows)
            return new SelectedClaims([], [Windows], []);
        var problems = new List<string>();
        var unknown = new List<string>();
        var chosen = new List<ProtectedClaim>();
        var declared = DeclaredVolume.Of(workload);
        if (declared.Count == 0)
            problems.Add("has no volume of a claim, so there is nothing to back up");
        if (declared.Count > MaximumClaims)
        {
            problems.Add($"has {declared.Count} volumes of claims, of which only the first {MaximumClaims} are looked at");
            declared = [.. declared.Take(MaximumClaims)];
        }
        var existing = Existing(workload, declared, claims);
        var chosenVolumes = Chosen(workload, declared, problems).ToList();
        foreach (var volume in chosenVolumes)
        {
            if (volume.Problem is { } problem)
                problems.Add(problem);
            else if (volume.Claim is { } claim && !existing.Contains(volume))
                unknown.Add($"claim \"{claim}\" of volume \"{volume.Name}\" does not exist yet; it is backed up once it does");
            else
                chosen.AddRange(OfVolume(workload, volume, existing[volume], problems));
            if (chosen.Count > MaximumClaims)
            {
                problems.Add($"has {chosen.Count} claims or more, of which only the first {MaximumClaims} are backed up");
                break;
            }
        }
        var unfit = (IsDefault(workload, declared, existing) ? declared : chosenVolumes).SelectMany(volume => existing[volume]
            .Select(found => (Claim: found.Claim.Name, Why: volume.Problem ?? Refusal(found.Claim)!)).Where(found => found.Why is not null));
        return new SelectedClaims([.. chosen.DistinctBy(claim => claim.Name).Take(MaximumClaims).OrderBy(claim => claim.Name, StringComparer.Ordinal)], problems, unknown) { Unfit = [.. unfit] };
    }

    /// <summary>The volumes that can be backed up, as the annotation <c>claims</c> names them, in the order of the workload.</summary>
    /// <param name="claims">At least those of the workload's namespace. A claim that is not among them may yet come.</param>
    public static IReadOnlyList<string> DefaultVolumes(ProtectedWorkload workload, IEnumerable<VolumeClaim> claims)
    {
        if (workload.Pod.IsWindows)
            return [];
        List<DeclaredVolume> declared = [.. DeclaredVolume.Of(workload).Take(MaximumClaims)];
        var existing = Existing(workload, declared, claims);
        return DefaultVolumes(declared, existing);
    }

    static List<string> DefaultVolumes(IReadOnlyList<DeclaredVolume> declared, ILookup<DeclaredVolume, ExistingClaim> existing) =>
        [.. declared.Where(volume => volume.Problem is null && (volume.Template is not null || existing[volume].All(found => Refusal(found.Claim) is null))).Select(volume => volume.Name)];

    /// <summary>The annotation <c>claims</c> is absent, or what mutation writes of itself: what it leaves out is nobody's choice.</summary>
    static bool IsDefault(ProtectedWorkload workload, IReadOnlyList<DeclaredVolume> declared, ILookup<DeclaredVolume, ExistingClaim> existing) =>
        workload.Annotations.GetValueOrDefault(ClusterNames.ClaimsAnnotation) is not { } list || list == string.Join(',', DefaultVolumes(declared, existing));

    static IEnumerable<DeclaredVolume> Chosen(ProtectedWorkload workload, IReadOnlyList<DeclaredVolume> declared, List<string> problems)
    {
        if (workload.Annotations.GetValueOrDefault(ClusterNames.ClaimsAnnotation) is not { } list)
            return declared;
        var names = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
        if (names.Count == 0)
            problems.Add($"annotation \"{ClusterNames.ClaimsAnnotation}\" names no volume; name some of {Known(declared)}, or remove it for all of them");
        var known = declared.SelectMany(volume => volume.Names).ToHashSet(StringComparer.Ordinal);
        var wrong = names.Where(name => !known.Contains(name)).ToList();
        foreach (var name in wrong.Take(Named))
            problems.Add($"annotation \"{ClusterNames.ClaimsAnnotation}\" names {Quoted.Of(name)}, which is no volume of a claim; {Meant(name, declared)}");
        if (wrong.Count > Named)
            problems.Add($"annotation \"{ClusterNames.ClaimsAnnotation}\" names {wrong.Count - Named} more that are no volume of a claim");
        return declared.Where(volume => volume.Names.Any(names.Contains));
    }

    static string Meant(string name, IReadOnlyList<DeclaredVolume> declared)
    {
        var volume = declared.FirstOrDefault(volume => volume.Claim == name || (volume.Template is not null && name.StartsWith(volume.Name + "-", StringComparison.Ordinal)))?.Name;
        return (volume ?? Nearest.Of(name, declared.SelectMany(known => known.Names).Take(Candidates))) is { } meant ? $"did you mean \"{meant}\"?" : $"there are {Known(declared)}";
    }

    static string Known(IReadOnlyList<DeclaredVolume> declared)
    {
        var count = declared.Sum(volume => volume.Names.Count);
        return count == 0 ? "none" : string.Join(", ", declared.SelectMany(volume => volume.Names).Take(Named).Select(name => $"\"{name}\"")) + (count > Named ? $" and {count - Named} more" : "");
    }

    /// <summary>One pass over what may be all claims of a large namespace.</summary>
    static ILookup<DeclaredVolume, ExistingClaim> Existing(ProtectedWorkload workload, IReadOnlyList<DeclaredVolume> declared, IEnumerable<VolumeClaim> claims)
    {
        var found = new List<ExistingClaim>();
        var prefixes = declared.Where(volume => volume.Template is not null).Select(volume => (Volume: volume, Prefix: $"{volume.Name}-{workload.Id.Name}-")).ToList();
        var shared = declared.Where(volume => volume.Claim is not null).ToDictionary(volume => volume.Claim!, StringComparer.Ordinal);
        foreach (var claim in claims)
        {
            if (claim.Namespace != workload.Id.Namespace)
                continue;
            foreach (var (volume, prefix) in prefixes)
            {
                if (claim.Name.StartsWith(prefix, StringComparison.Ordinal) && Ordinal(claim.Name.AsSpan(prefix.Length)) is { } ordinal)
                    found.Add(new ExistingClaim(volume, ordinal, claim));
            }
            if (shared.GetValueOrDefault(claim.Name) is { } of)
                found.Add(new ExistingClaim(of, null, claim));
        }
        return found.ToLookup<ExistingClaim, DeclaredVolume>(one => one.Volume, ReferenceEqualityComparer.Instance);
    }

    static int? Ordinal(ReadOnlySpan<char> text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal) && (text.Length == 1 || text[0] != '0') ? ordinal : null;

    static IEnumerable<ProtectedClaim> OfVolume(ProtectedWorkload workload, DeclaredVolume volume, IEnumerable<ExistingClaim> existing, List<string> problems)
    {
        var candidates = new SortedDictionary<long, VolumeClaim?>();
        foreach (var found in existing)
            candidates[found.Ordinal ?? 0] = found.Claim;
        // One more than are taken, so that it is seen that there are more.
        for (long ordinal = workload.FirstOrdinal; volume.Template is not null && ordinal < workload.FirstOrdinal + (long)workload.Replicas && candidates.Count <= MaximumClaims; ordinal++)
            candidates.TryAdd(ordinal, null);
        foreach (var (ordinal, claim) in candidates)
        {
            if (claim is not null && Refusal(claim) is { } refusal)
                problems.Add(refusal);
            else
                yield return Claim(workload, volume, ordinal, claim);
        }
    }

    static ProtectedClaim Claim(ProtectedWorkload workload, DeclaredVolume volume, long ordinal, VolumeClaim? claim)
    {
        var modes = claim?.AccessModes ?? volume.Template!.AccessModes;
        var isShared = volume.Template is null;
        var pod = string.Create(CultureInfo.InvariantCulture, $"{workload.Id.Name}-{ordinal}");
        var runs = isShared ? workload.Replicas > 0 : ordinal >= workload.FirstOrdinal && ordinal < workload.FirstOrdinal + (long)workload.Replicas;
        var mount = volume.Mount!;
        return new ProtectedClaim(
            isShared ? volume.Claim! : $"{volume.Name}-{pod}", volume.Name, isShared ? null : pod, runs, claim is not null,
            modes.Contains("ReadWriteOnce") && !modes.Contains("ReadWriteMany"), mount.Container, mount.Path, mount.SubPath)
        {
            IsReadOnly = modes.Count > 0 && modes.All(mode => mode == "ReadOnlyMany"),
        };
    }

    static string? Refusal(VolumeClaim claim) => DeclaredVolume.Refusal(claim.AccessModes, claim.VolumeMode) is { } why ? $"claim \"{claim.Name}\" {why}" : null;

    /// <param name="Ordinal">Of a claim template's.</param>
    sealed record ExistingClaim(DeclaredVolume Volume, int? Ordinal, VolumeClaim Claim);
}
