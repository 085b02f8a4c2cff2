namespace BackupRunner.Kube;

/// <summary>The token as of at most a minute ago.</summary>
sealed class TokenSource(BearerToken token, TimeProvider time)
{
    static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    readonly Lock gate = new();
    string? value;
    long read;

    public string Current()
    {
        lock (gate)
            return value is not null && (!token.Rotates || time.GetElapsedTime(read) < Fresh) ? value : Read();
    }

    /// <summary>After a 401: the file may hold a newer one by now. Null: there can be no newer one.</summary>
    public string? Renewed()
    {
        if (!token.Rotates)
            return null;
        lock (gate)
            return Read();
    }

    /// <summary>The same text without the token in it.</summary>
    public string Redact(string text)
    {
        lock (gate)
            return value is null ? text : text.Replace(value, token.ToString(), StringComparison.Ordinal);
    }

    string Read()
    {
        try
        {
            value = token.Read();
        }
        catch (KubeConfigException) when (value is not null)
        {
            // The one we have is good until the server says otherwise.
        }
        read = time.GetTimestamp();
        return value;
    }
}
