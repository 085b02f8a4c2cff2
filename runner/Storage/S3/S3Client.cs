using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using BackupRunner.Reports;
using BackupRunner.Storage.Http;

namespace BackupRunner.Storage.S3;

/// <summary>Amazon's library, told to leave to us what is ours: the connection, its time-outs, and every second attempt.</summary>
static class S3Client
{
    // What the library reads at once from a part that it sends.
    const int BlockBytes = 256 << 10;

    public static AmazonS3Client Open(S3Place place, AWSCredentials credentials, HttpClient http)
    {
        var config = new AmazonS3Config
        {
            AuthenticationRegion = place.Region,
            BufferSize = BlockBytes,
            // A clock that is wrong is told, not worked around: backups are named and expired by it.
            DisableClockSkewCorrection = true,
            HttpClientFactory = new OneClient(http),
            // Where backups go is said by the policy alone.
            IgnoreConfiguredEndpointUrls = true,
            MaxErrorRetry = 0,
            MaxStaleConnectionRetries = 0,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (place.Endpoint is { } endpoint)
        {
            config.ServiceURL = endpoint.AbsoluteUri;
            config.ForcePathStyle = true;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(place.Region);
        }
        try
        {
            return new AmazonS3Client(credentials, config);
        }
        catch (TypeInitializationException unread) when (HttpFailure.Causes(unread).FirstOrDefault(cause => cause is IOException or UnauthorizedAccessException) is { } refusal)
        {
            // Its own settings are read from there too, whatever credentials it is given.
            throw new RunnerException(
                ExitCode.Storage, $"Amazon's library cannot read its shared files: {S3Text.OneLine(refusal.Message)}",
                "the runner's user must be able to read what AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name, or ~/.aws; without one, nothing is read", unread);
        }
    }

    /// <summary>The server that requests for the bucket go to.</summary>
    public static Uri ServerOf(AmazonS3Client client, S3Place place)
    {
        var request = new ListObjectsV2Request { BucketName = place.Bucket };
        return place.Endpoint ?? new Uri(client.DetermineServiceOperationEndpoint(request).URL);
    }

    sealed class OneClient(HttpClient http) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => http;

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
    }
}
