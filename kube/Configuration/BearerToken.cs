namespace BackupRunner.Kube;

/// <summary>A token, or the file that it is read from again and again. Never printed.</summary>
public sealed class BearerToken
{
    readonly string? fixedValue;
    readonly string? file;

    BearerToken(string? fixedValue, string? file) => (this.fixedValue, this.file) = (fixedValue, file);

    /// <summary>The file is replaced by others (kubelet) before the token in it expires.</summary>
    public bool Rotates => file is not null;

    public static BearerToken Of(string token) => new(Checked(token, "the token"), null);

    public static BearerToken InFile(string path) => new(null, path);

    /// <exception cref="KubeConfigException">The file cannot be read, or holds no token.</exception>
    public string Read()
    {
        if (file is null)
            return fixedValue!;
        try
        {
            return Checked(File.ReadAllText(file), $"the token file \"{file}\"");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException($"cannot read the token file \"{file}\": {e.Message}", e);
        }
    }

    public override string ToString() => "**redacted**";

    static string Checked(string text, string what)
    {
        var token = text.Trim();
        if (token.Length == 0)
            throw new KubeConfigException($"{what} is empty");
        return token.All(c => c is > ' ' and < '\x7f') ? token : throw new KubeConfigException($"{what} is not a token: it has characters that no header can carry");
    }
}
