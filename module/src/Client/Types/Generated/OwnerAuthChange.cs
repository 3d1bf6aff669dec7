// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>What became of a new owner authorization.</summary>
public sealed partial class OwnerAuthChange
{
    /// <summary>Whether the level lets this machine store the value.</summary>
    public bool Kept { get; private set; }

    /// <summary>Whether AD DS has the value; pending: it is tried again.</summary>
    public BackupOutcome Backup { get; private set; }

    internal static OwnerAuthChange Read(JsonValue json) => new()
    {
        Kept = json.Flag("kept"),
        Backup = json.Named("backup", BackupOutcome.Unknown),
    };
}
