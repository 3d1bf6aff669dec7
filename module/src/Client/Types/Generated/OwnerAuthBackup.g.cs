// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The state of the backup.</summary>
public sealed partial class OwnerAuthBackup
{
    /// <summary>required: the owner authorization cannot change without a backup; optional: a failed backup is retried.</summary>
    public BackupMode Mode { get; private set; }

    /// <summary>Whether there is a value that the directory does not have yet; the broker retries the backup.</summary>
    public bool Pending { get; private set; }

    /// <summary>windows8: in an msTPM-InformationObject; windows7: in the computer object; null until the directory has answered.</summary>
    public BackupForm? Form { get; private set; }

    /// <summary>The last backup that succeeded; null if there was none.</summary>
    public BackupSuccess? LastSuccess { get; private set; }

    /// <summary>The last backup that failed; null if there was none.</summary>
    public BackupFailure? LastFailure { get; private set; }

    internal static OwnerAuthBackup Read(JsonValue json) => new()
    {
        Mode = json.Named("mode", BackupMode.Unknown),
        Pending = json.Flag("pending"),
        Form = json.NamedOrNull("form", TpmTbs.BackupForm.Unknown),
        LastSuccess = json.ObjectOrNull("lastSuccess", BackupSuccess.Read),
        LastFailure = json.ObjectOrNull("lastFailure", BackupFailure.Read),
    };
}
