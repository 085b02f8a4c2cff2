using BackupRunner.Kube;

namespace BackupRunner.Webhook.Admission;

/// <summary>Asks the API server what the user of a request may do: all questions at once, and once each.</summary>
/// <param name="isAllowed"><see cref="KubeClient.IsAllowed"/>.</param>
public sealed class AccessReviews(Func<SubjectAccessReview, CancellationToken, Task<bool>> isAllowed, TimeProvider time)
{
    /// <returns>Null: he may do all of it. What cannot be told counts as not allowed.</returns>
    public async Task<AdmissionReply.Denied?> Denial(AdmissionUser user, IReadOnlyList<AccessQuestion> questions, CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(AdmissionLimits.AccessReviews, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        var answers = await Task.WhenAll(questions.Select(question => Answer(user, question, either.Token)));
        cancel.ThrowIfCancellationRequested();
        var refused = answers.Where(answer => answer is { Problem: not null, IsUnknown: false }).Select(answer => answer.Problem!).ToList();
        var unknown = answers.Where(answer => answer is { Problem: not null, IsUnknown: true }).Select(answer => answer.Problem!).ToList();
        return refused.Count > 0 ? (AdmissionReply.Denied)AdmissionReply.Forbidden([.. refused, .. unknown])
            : unknown.Count > 0 ? (AdmissionReply.Denied)AdmissionReply.Unavailable(unknown)
            : null;
    }

    async Task<(string? Problem, bool IsUnknown)> Answer(AdmissionUser user, AccessQuestion question, CancellationToken cancel)
    {
        try
        {
            return await isAllowed(Review(user, question), cancel) ? (null, false)
                : ($"user {Shown.Of(user.Name)} may not {question}, {question.Why}", false);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return ($"cannot tell whether user {Shown.Of(user.Name)} may {question}: the API server does not answer; try again", true);
        }
        catch (KubeException e)
        {
            return ($"cannot tell whether user {Shown.Of(user.Name)} may {question}: {e.Message}; try again", true);
        }
    }

    static SubjectAccessReview Review(AdmissionUser user, AccessQuestion question) => new()
    {
        Spec = new()
        {
            User = user.Name,
            Uid = user.Uid,
            Groups = [.. user.Groups],
            Extra = user.Extra.Count == 0 ? null : new(user.Extra),
            ResourceAttributes = new()
            {
                Namespace = question.Namespace,
                Verb = question.Verb,
                Group = question.Group,
                Version = "v1",
                Resource = question.Resource,
                Subresource = question.Subresource,
                Name = question.Name,
            },
        },
    };
}
