using Amazon.Runtime;
using BackupRunner.Reports;

namespace BackupRunner.Storage.S3;

/// <summary>
/// Who is asking: the keys of the mounted Secret, read again for every request, or, where it has none, whom the library's own chain finds.
/// </summary>
sealed class S3Credentials(CredentialsFolder? folder, S3CredentialChain chain) : AWSCredentials
{
    public const string AccessKeyId = "accessKeyId";

    public const string SecretAccessKey = "secretAccessKey";

    /// <summary>Only temporary keys have one.</summary>
    public const string SessionToken = "sessionToken";

    // The files of a Secret are replaced together, but are read one by one.
    const int Reads = 5;

    volatile ImmutableCredentials? current;

    /// <summary>Which key a message must look at.</summary>
    public string Source => folder?.Has(AccessKeyId) == true ? $"the credentials in \"{folder}\"" : "the credentials of the environment";

    /// <exception cref="RunnerException">Exit 2: the folder has one of the two keys and not the other, or they cannot be read.</exception>
    public ImmutableCredentials? OfFolder()
    {
        for (var read = 1; ; read++)
        {
            if (folder?.Read(AccessKeyId) is not { } id)
                return Neither();
            var (secret, token) = (folder.Read(SecretAccessKey), folder.Read(SessionToken));
            if (id.Equals(folder.Read(AccessKeyId)))
            {
                return new ImmutableCredentials(
                    Plain(AccessKeyId, id), Plain(SecretAccessKey, secret ?? throw Missing(SecretAccessKey, AccessKeyId)), token is null ? null : Plain(SessionToken, token));
            }
            if (read == Reads)
                throw new RunnerException(ExitCode.Storage, $"the credentials in \"{folder}\" change while they are read") { Retry = new RetryHint(null, Answered: true) };
        }
    }

    /// <summary>Finds out who is asking now. Before every request: the library signs without waiting, with what was found last.</summary>
    /// <exception cref="RunnerException">Exit 2 for a bad folder, 4 when there are none.</exception>
    public async Task<ImmutableCredentials> Renew(CancellationToken cancel) => current = OfFolder() ?? await chain.Resolve(cancel);

    public override ImmutableCredentials GetCredentials() => current ?? throw new InvalidOperationException("nothing is signed before its credentials were read");

    /// <summary>They go into the header of a request.</summary>
    string Plain(string name, Secret secret) => secret.Reveal().All(c => c is > ' ' and <= '~')
        ? secret.Reveal()
        : throw new RunnerException(ExitCode.Usage, $"\"{name}\" in \"{folder}\" holds white space, or other characters that no key has", "copy the key again, as it is");

    ImmutableCredentials? Neither() => folder?.Read(SecretAccessKey) is null ? null : throw Missing(AccessKeyId, SecretAccessKey);

    RunnerException Missing(string missing, string given) => new(
        ExitCode.Usage, $"the credentials in \"{folder}\" have \"{given}\" but no \"{missing}\"", $"set \"{missing}\" in the Secret; with neither of them the environment's own identity is used");
}
