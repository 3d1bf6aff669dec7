using TpmTbs.Client;

namespace TpmTbs;

/// <summary>Whether AD DS has a new owner authorization.</summary>
public enum BackupOutcome
{
    /// <summary>An outcome that this version of the module does not know.</summary>
    Unknown,

    /// <summary>There is no backup.</summary>
    Off,

    /// <summary>The directory has the value.</summary>
    Done,

    /// <summary>The directory does not have it yet; the broker tries again.</summary>
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

    /// <summary>Whether the level lets this machine store the value.</summary>
    public bool Kept { get; }

    /// <summary>Whether AD DS has the value.</summary>
    public BackupOutcome Backup { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{(Kept ? "stored" : "not stored")} on this machine, backup {Backup}";

    internal static OwnerAuthChange Read(JsonValue change, JsonValue tpm) => new(change, tpm);
}
