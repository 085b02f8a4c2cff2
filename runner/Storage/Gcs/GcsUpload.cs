using System.Text.Json;

namespace BackupRunner.Storage.Gcs;

/// <summary>
/// One object by a resumable upload. Its last bytes must be sent with its size, so the newest part is held back, in a buffer of one part, until
/// the next one or <see cref="Complete"/> tells whether it is the last: before that nothing can become visible.
/// </summary>
sealed class GcsUpload(GcsClient client, GcsPlace place, string key) : IObjectUpload
{
    public const string ContentType = "application/octet-stream";

    GcsSession? session;
    byte[]? held;
    int number;
    long offset;
    int count;

    // Of the parts before the one that is held.
    Crc32C before;

    // How many bytes the service keeps; not known while the answer to a request is missing.
    long persisted;
    bool unsure;

    // What is on its way cannot be replaced any more.
    bool leaving;
    bool ending;
    StoredObject? done;

    public int PartsAtOnce => 1;

    public PartSizes PartSizes => PartSizes.Gcs;

    /// <exception cref="GcsRefusedException">The key may not be written.</exception>
    public async Task Begin(CancellationToken cancel)
    {
        var described = JsonSerializer.SerializeToUtf8Bytes(new GcsNewObject(key, ContentType, null, null), GcsJson.Default.GcsNewObject);
        using var response = await client.Sent(
            () =>
            {
                var content = new ByteArrayContent(described);
                content.Headers.ContentType = new("application/json", "utf-8");
                return new HttpRequestMessage(HttpMethod.Post, place.Upload("?uploadType=resumable")) { Content = content };
            },
            cancel);
        var address = place.Session(GcsClient.Header(response, "Location"))
            ?? throw new GcsRefusedException(new GcsRefusal((int)response.StatusCode, null, "it gave no address for the upload", null, null));
        (session, persisted, unsure) = (new GcsSession(client, address), 0, false);
    }

    /// <summary>Sends the part before this one, and keeps a copy of this one.</summary>
    public async Task SendPart(int number, long offset, ReadOnlyMemory<byte> part, CancellationToken cancel)
    {
        var next = number == this.number + 1 && offset == this.offset + count && (this.number == 0 || count == PartSizes.Of(this.number));
        var again = number == this.number && offset == this.offset && !leaving;
        if (ending || part.Length > PartSizes.Of(number) || !(next || again))
            throw new InvalidOperationException($"part {number} at byte {offset} does not follow part {this.number}, which has {count} bytes at {this.offset}");
        if (next && this.number > 0)
        {
            leaving = true;
            await Do(StoreOperation.Write, () => Deliver(total: null, checksum: null, cancel), cancel);
            before = before.Append(Held.Span);
            leaving = false;
        }
        if (held is null || held.Length < part.Length)
            held = GC.AllocateUninitializedArray<byte>(part.Length);
        part.CopyTo(held);
        (this.number, this.offset, count) = (number, offset, part.Length);
    }

    public async Task<StoredObject> Complete(CancellationToken cancel)
    {
        if (done is not null)
            return done;
        ending = true;
        done = await Do(StoreOperation.Write, () => Finish(cancel), cancel);
        held = null;
        return done;
    }

    ReadOnlyMemory<byte> Held => held.AsMemory(0, count);

    long End => offset + count;

    async Task<StoredObject> Finish(CancellationToken cancel)
    {
        if (session is null)
            await Begin(cancel);
        var checksum = before.Append(Held.Span);
        GcsObject made;
        try
        {
            made = await Deliver(End, checksum, cancel) ?? throw new InvalidOperationException("the last bytes end the upload");
        }
        catch (GcsRefusedException refused) when (refused.Refusal.Damaged)
        {
            throw Damaged(refused);
        }
        if (IsOurs(made, checksum))
            return made.Stored();
        await DeleteGeneration(made, cancel);
        throw Failure($"the service stored {made.Size} bytes with checksum {made.Crc32c}, but {End} with {checksum} were sent; it was deleted again", "something damages data on its way: run the backup again");
    }

    /// <summary>Sends what the service does not have yet of the held part. After a request without an answer it asks first what that is.</summary>
    /// <param name="total">With the last part.</param>
    /// <returns>The object, after the last part.</returns>
    async Task<GcsObject?> Deliver(long? total, Crc32C? checksum, CancellationToken cancel)
    {
        while (total is not null || persisted < End || unsure)
        {
            var known = unsure ? (long?)null : persisted;
            unsure = true;
            var state = known is { } from
                ? await session!.Send(from, Held[(int)(from - offset)..], total, checksum, cancel)
                : await session!.Query(cancel);
            switch (state)
            {
                case GcsSessionState.Open open:
                    if (open.Persisted < offset || open.Persisted > End)
                        throw Failure($"the service keeps {open.Persisted} bytes, not {offset} to {End}", "the upload cannot go on: run the backup again");
                    (persisted, unsure) = (open.Persisted, false);
                    if (open.Persisted == known)
                        throw Failure("the service kept nothing of what it was sent", "is there a disturbance at Google Cloud", new RetryHint(null, Answered: true));
                    break;
                case GcsSessionState.Done finished when total is not null:
                    return finished.Object ?? await Landed(checksum, cancel) ?? throw Failure("the service says that it is complete, but it is not there", "does another program delete in this bucket");
                case GcsSessionState.Gone gone when ending && await Landed(checksum, cancel) is { } landed:
                    return landed;
                case GcsSessionState.Gone gone:
                    throw Failure($"the upload was given up by the service ({gone.Refusal})", "an upload may take a week at most; run the backup again");
                default:
                    throw Failure("the service ended the upload before its last part", "does another program use this upload");
            }
        }
        return null;
    }

    /// <summary>The object under the key, if it is what was sent: the answer that said so may be lost together with the session.</summary>
    async Task<GcsObject?> Landed(Crc32C? checksum, CancellationToken cancel)
    {
        try
        {
            var there = await client.Read(() => new(HttpMethod.Get, place.Object(key, $"?fields={GcsObject.Fields},crc32c")), GcsJson.Default.GcsObject, cancel);
            return IsOurs(there, checksum) ? there : null;
        }
        catch (GcsRefusedException refused) when (refused.Refusal.NoSuchObject)
        {
            return null;
        }
    }

    bool IsOurs(GcsObject made, Crc32C? checksum) => made.Size == End.ToString(System.Globalization.CultureInfo.InvariantCulture) && made.Crc32c == checksum?.ToString();

    async Task DeleteGeneration(GcsObject made, CancellationToken cancel)
    {
        try
        {
            (await client.Sent(() => new(HttpMethod.Delete, place.Object(key, $"?generation={made.Generation}")), cancel)).Dispose();
        }
        catch (GcsRefusedException refused) when (refused.Refusal.NoSuchObject)
        {
        }
    }

    /// <summary>What is held whole can be sent again, in a new session; of a longer upload the damage may lie in a part that is gone.</summary>
    Exception Damaged(GcsRefusedException refused)
    {
        if (offset > 0)
            return Failure($"the service received other bytes than were sent ({refused.Refusal})", "something damages data on its way; nothing was stored: run the backup again");
        session = null;
        return refused;
    }

    /// <summary>Aborts, or removes what was completed without an answer that said so.</summary>
    public async ValueTask DisposeAsync()
    {
        if (done is not null || session is not { } open)
            return;
        await Do(
            StoreOperation.AbortUpload,
            async () =>
            {
                if (!ending || await open.Query(CancellationToken.None) is not GcsSessionState.Done finished)
                    await open.Abort(CancellationToken.None);
                else if ((finished.Object ?? await Landed(before.Append(Held.Span), CancellationToken.None)) is { } made)
                    await DeleteGeneration(made, CancellationToken.None);
                return true;
            },
            CancellationToken.None);
        (session, held) = (null, null);
    }

    RunnerException Failure(string what, string hint, RetryHint? retry = null) => new StoreFailure(what, hint, retry).Told(StoreOperation.Write, place.AddressOf(key), null);

    Task<T> Do<T>(StoreOperation operation, Func<Task<T>> work, CancellationToken cancel) => GcsErrors.Tell(work, operation, key, place, cancel);
}
