using TpmTbs.Client;

namespace TpmTbs;

/// <summary>Whether a new owner authorization is backed up in AD DS.</summary>
public enum BackupOutcome
{
    /// <summary>An outcome that this version of the module does not know.</summary>
    Unknown,

    /// <summary>Backup is off.</summary>
    Off,

    /// <summary>AD DS has the value.</summary>
    Done,

    /// <summary>AD DS does not have the value yet; the broker will retry.</summary>
    Pending,
}

/// <summary>The TPM after a change of its owner authorization, and where the new value is stored.</summary>
public sealed class OwnerAuthChange : Tpm
{
    private OwnerAuthChange(JsonValue change, JsonValue tpm) : base(tpm)
    {
        Kept = change.Flag("kept");
        Backup = change.Named("backup", BackupOutcome.Unknown);
    }

    /// <summary>Whether this machine stores the value, which depends on the effective level.</summary>
    public bool Kept { get; }

    /// <summary>Whether AD DS has the value.</summary>
    public BackupOutcome Backup { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{(Kept ? "stored" : "not stored")} on this machine, backup {Backup}";

    internal static OwnerAuthChange Read(JsonValue change, JsonValue tpm) => new(change, tpm);
}
