namespace BackupRunner.Webhook.Reconcile;

/// <summary>An object cannot be made as it should be, and trying again does not help: a person has to do something.</summary>
public sealed class RefusedObjectException(string message, Exception? inner = null) : Exception(message, inner);
