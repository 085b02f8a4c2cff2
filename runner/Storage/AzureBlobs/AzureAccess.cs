namespace BackupRunner.Storage.AzureBlobs;

/// <summary>How requests prove who sends them.</summary>
public abstract record AzureAccess
{
    /// <summary>Each request is signed with the account's key.</summary>
    public sealed record SharedKey(Secret Key) : AzureAccess;

    /// <summary>Each request carries a shared access signature, <c>sv=...&amp;sig=...</c> without a question mark.</summary>
    public sealed record Signature(Secret Token) : AzureAccess
    {
        /// <summary>When it ends; null when it does not say (a stored access policy does).</summary>
        public DateTimeOffset? Expires => SasToken.Expires(Token);
    }

    /// <summary>Each request carries a token of Microsoft Entra.</summary>
    public sealed record Identity : AzureAccess;
}
