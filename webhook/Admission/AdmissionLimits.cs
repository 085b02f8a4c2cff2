namespace BackupRunner.Webhook.Admission;

/// <summary>What bounds the work, the memory and the words of one review.</summary>
public static class AdmissionLimits
{
    /// <summary>
    /// The largest body. The API server takes objects of 3 MiB; the review of an UPDATE holds two of them, and a mebibyte is for the rest of it.
    /// </summary>
    public const int BodyBytes = 7 << 20;

    /// <summary>Levels of JSON. The API server's own decoder stops at 10,000, and an object lies two levels deep in its review.</summary>
    public const int Depth = 10_100;

    /// <summary>A body up to here is small: any number of them is read at once that Kestrel accepts connections for.</summary>
    public const int SmallBodyBytes = 256 << 10;

    /// <summary>Larger bodies in memory at once; the others wait. What a body is parsed into may be some times as large as itself.</summary>
    public const int LargeAtOnce = 4;

    /// <summary>For a body to arrive.</summary>
    public static readonly TimeSpan Arrival = TimeSpan.FromSeconds(10);

    /// <summary>For all SubjectAccessReviews of a request together, which are made at once: well below the timeout of the webhook configurations.</summary>
    public static readonly TimeSpan AccessReviews = TimeSpan.FromSeconds(3);

    /// <summary>Problems in one denial; the others are counted.</summary>
    public const int Problems = 100;

    /// <summary>UTF-16 code units of one problem.</summary>
    public const int ProblemLength = 1000;

    /// <summary>UTF-16 code units of a denial's message.</summary>
    public const int MessageLength = 16 << 10;

    /// <summary>UTF-16 code units of one warning: the API server cuts longer ones.</summary>
    public const int WarningLength = 256;

    /// <summary>Warnings in one answer: the API server drops what goes beyond 4,096 characters in all.</summary>
    public const int Warnings = 16;
}
