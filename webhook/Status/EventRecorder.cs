using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using BackupRunner.Kube;
using Microsoft.Extensions.Logging;

namespace BackupRunner.Webhook.Status;

/// <summary>
/// Tells people what happened to an object, as a v1 Event beside it. The same words about the same object are one Event, whose count grows, also after
/// a restart and from another replica: its name is made of them.
/// </summary>
/// <param name="instance">This replica's pod.</param>
public sealed partial class EventRecorder(KubeClient kube, string instance, ILogger logger, TimeProvider time)
{
    /// <summary>Characters; the API server takes no more.</summary>
    public const int LongestMessage = 1024;

    public const string Component = "backup-webhook";

    public const string Normal = "Normal";
    public const string Warning = "Warning";

    /// <summary>Counts that are remembered; of older ones the server is asked.</summary>
    public const int MostRemembered = 1024;

    /// <summary>Of the object's part in the Event's name: 253 less a point and the hash.</summary>
    const int LongestPrefix = 200;

    /// <summary>An Event is worth no longer wait.</summary>
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    readonly Lock gate = new();
    readonly Dictionary<string, int> counts = new(StringComparer.Ordinal);
    readonly Queue<string> order = new();

    /// <summary>Fails never, but by <paramref name="cancel"/>: what cannot be recorded is logged.</summary>
    /// <param name="about">With apiVersion, kind, namespace, name and uid.</param>
    /// <param name="type"><see cref="Normal"/> or <see cref="Warning"/>.</param>
    /// <param name="reason">One word in CamelCase.</param>
    public async Task Record(ObjectReference about, string type, string reason, string message, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            await Write(about, type, reason, Shortened(message), either.Token);
        }
        catch (KubeException failure)
        {
            NotRecorded(logger, about.Namespace, about.Name, reason, failure.Message);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            NotRecorded(logger, about.Namespace, about.Name, reason, "the API server did not answer in time");
        }
    }

    async Task Write(ObjectReference about, string type, string reason, string message, CancellationToken cancel)
    {
        var space = about.Namespace is { Length: > 0 } named ? named : "default";
        var name = NameOf(about, type, reason, message);
        var key = $"{space}/{name}";
        if (Known(key) is { } count && await Repeat(space, name, count + 1, cancel))
        {
            Remember(key, count + 1);
            return;
        }
        try
        {
            await kube.Create(KubeResources.Events, New(about, space, name, type, reason, message), cancel);
            Remember(key, 1);
        }
        catch (KubeException there) when (there.IsAlreadyExists)
        {
            var before = (await kube.Get(KubeResources.Events, space, name, cancel))?.Count ?? 0;
            await Repeat(space, name, before + 1, cancel);
            Remember(key, before + 1);
        }
    }

    KubeEvent New(ObjectReference about, string space, string name, string type, string reason, string message)
    {
        var now = time.GetUtcNow();
        return new KubeEvent
        {
            Metadata = new() { Name = name, Namespace = space },
            InvolvedObject = about,
            Type = type,
            Reason = reason,
            Message = message,
            Count = 1,
            FirstTimestamp = now,
            LastTimestamp = now,
            Source = new() { Component = Component },
            ReportingComponent = Component,
            ReportingInstance = instance,
        };
    }

    /// <summary>False: it is gone, as the server forgets Events after an hour.</summary>
    async Task<bool> Repeat(string space, string name, int count, CancellationToken cancel)
    {
        var patch = new JsonObject { ["count"] = count, ["lastTimestamp"] = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null) };
        try
        {
            await kube.MergePatch(KubeResources.Events, space, name, patch, cancel);
            return true;
        }
        catch (KubeException gone) when (gone.IsNotFound)
        {
            return false;
        }
    }

    int? Known(string key)
    {
        lock (gate)
            return counts.TryGetValue(key, out var count) ? count : null;
    }

    void Remember(string key, int count)
    {
        lock (gate)
        {
            if (!counts.ContainsKey(key))
                order.Enqueue(key);
            counts[key] = count;
            if (order.Count > MostRemembered)
                counts.Remove(order.Dequeue());
        }
    }

    static string NameOf(ObjectReference about, string type, string reason, string message)
    {
        var words = string.Join('\0', about.Kind, about.Uid, type, reason, message);
        var prefix = about.Name is { Length: > 0 } name ? name : "cluster";
        return $"{prefix[..Math.Min(prefix.Length, LongestPrefix)].TrimEnd('-', '.')}.{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(words)))[..16]}";
    }

    static string Shortened(string message)
    {
        if (message.Length <= LongestMessage)
            return message;
        var end = LongestMessage - 3;
        return message[..(char.IsHighSurrogate(message[end - 1]) ? end - 1 : end)] + "...";
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "event {Reason} of {Namespace}/{Name} was not recorded: {Why}")]
    static partial void NotRecorded(ILogger logger, string? @namespace, string? name, string reason, string why);
}
