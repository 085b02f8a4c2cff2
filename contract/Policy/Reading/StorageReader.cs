using System.Text;

namespace BackupRunner.Policy.Reading;

/// <summary>The section <c>storage</c>.</summary>
static class StorageReader
{
    const int MaxPrefixBytes = 512;

    public static StoragePolicy Read(MappingReader section)
    {
        var storage = new StoragePolicy
        {
            Provider = section.Choice("provider", PolicyWords.Providers),
            Bucket = section.Parsed("bucket", Name),
            Region = section.Parsed("region", HostPart),
            Endpoint = section.Parsed("endpoint", Endpoint),
            Project = section.Parsed("project", PolicyText.Word),
            Container = section.Parsed("container", Name),
            Account = section.Parsed("account", HostPart),
            SecretRef = section.Optional("secretRef", Secret),
            Prefix = section.Parsed("prefix", Prefix) ?? "",
            Path = section.Text("path"),
            Sse = section.Parsed("sse", Sse),
            KmsKeyId = section.Parsed("kmsKeyId", PolicyText.Word),
            StorageClass = section.Parsed("storageClass", StorageClass),
        };
        if (storage is { KmsKeyId: not null, Sse: null or "AES256" })
            section.Refuse("kmsKeyId", "needs sse: aws:kms or aws:kms:dsse; other encryption takes no key of KMS");
        section.Finish();
        return storage;
    }

    public static SecretReference Secret(MappingReader section)
    {
        var secret = new SecretReference { Name = section.Parsed("name", KubernetesName), Namespace = section.Parsed("namespace", KubernetesName) };
        section.Finish();
        return secret;
    }

    // DNS-1123 subdomain, which a namespace (a label) is too.
    public static (string? Value, string? Problem) KubernetesName(string text)
    {
        var valid = text.Length <= 253 && text.Split('.').All(label => label.Length > 0 && label[0] != '-' && label[^1] != '-'
            && label.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'));
        return valid ? (text, null) : (null, $"{Quoted.Of(text)} is not a Kubernetes name: lower-case letters, digits, \"-\" and \".\"");
    }

    // The exact rules of names are the provider's; a slash, a colon or a control character would change what the request asks for.
    static (string? Value, string? Problem) Name(string text) => text switch
    {
        _ when text.Contains(':') => (null, $"{Quoted.Of(text)} holds a colon; the name alone is wanted, without \"s3://\", and of an access point its alias, no ARN"),
        _ when text.Contains('/') => (null, $"{Quoted.Of(text)} holds a slash; a folder in it is \"prefix\""),
        _ => PolicyText.Word(text),
    };

    // They become part of a host's name: anything else would send requests, and what proves who asks, to another host.
    static (string? Value, string? Problem) HostPart(string text) =>
        text.Length <= 63 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') && text[0] != '-' && text[^1] != '-'
            ? (text, null)
            : (null, $"{Quoted.Of(text)} is no such name: letters, digits and \"-\" inside, at most 63");

    static (Uri? Value, string? Problem) Endpoint(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
            return (null, $"{(text.Contains('@') ? "the value" : Quoted.Of(text))} is not an address such as \"https://minio.example.com:9000\"");
        // Not quoted: what stands before the @ is a password as a rule.
        if (uri.UserInfo.Length > 0)
            return (null, "holds a user or password; they belong in the Secret of \"secretRef\"");
        return uri.Query.Length > 0 || uri.Fragment.Length > 0
            ? (null, $"{Quoted.Of(text)} holds a query or a fragment; give scheme, host and port")
            : (new UriBuilder(uri) { Path = uri.AbsolutePath.TrimEnd('/') }.Uri, null);
    }

    static (string? Value, string? Problem) Sse(string text) => text is "AES256" or "aws:kms" or "aws:kms:dsse"
        ? (text, null)
        : (null, $"{Quoted.Of(text)} is not one of AES256, aws:kms, aws:kms:dsse");

    // Other services that speak S3 have classes of their own.
    static (string? Value, string? Problem) StorageClass(string text) => text switch
    {
        "GLACIER" or "DEEP_ARCHIVE" => (null, $"{Quoted.Of(text)} takes hours to read back; verify and restore would fail. GLACIER_IR is read at once"),
        _ when text.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c is '_' or '-') => (text, null),
        _ => (null, $"{Quoted.Of(text)} is no storage class such as STANDARD_IA or GLACIER_IR"),
    };

    static (string? Value, string? Problem) Prefix(string text)
    {
        if (text.StartsWith('/'))
            return (null, $"{Quoted.Of(text)} begins with a slash; a prefix is relative to the bucket or folder");
        var segments = (text.EndsWith('/') ? text[..^1] : text).Split('/');
        if (segments.Any(segment => segment is "." or ".."))
            return (null, $"{Quoted.Of(text)} holds \".\" or \"..\"");
        if (segments.Any(segment => segment.Length == 0))
            return (null, $"{Quoted.Of(text)} holds an empty segment");
        if (Encoding.UTF8.GetByteCount(text) > MaxPrefixBytes)
            return (null, $"has {Encoding.UTF8.GetByteCount(text)} bytes, at most {MaxPrefixBytes} leave room for what comes after it in a key");
        return text.Any(c => char.IsControl(c) || c == '\\')
            ? (null, $"{Quoted.Of(text)} holds a control character or a backslash")
            : (string.Join('/', segments), null);
    }
}
