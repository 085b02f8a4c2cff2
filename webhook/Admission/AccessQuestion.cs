namespace BackupRunner.Webhook.Admission;

/// <summary>Something that a user must be allowed to do, or we would do it for him.</summary>
/// <param name="Name">Null: any, or that of an object that is yet to be made.</param>
/// <param name="Why">Ends the sentence "user ... may not get secrets ...": which part of the object asks for it.</param>
public sealed record AccessQuestion(string Verb, string Group, string Resource, string? Subresource, string Namespace, string? Name, string Why)
{
    public override string ToString() =>
        $"{Verb} {Resource}{(Subresource is null ? "" : "/" + Subresource)}{(Name is null ? "" : " " + Shown.Of(Name))} in namespace {Shown.Of(Namespace)}";
}
