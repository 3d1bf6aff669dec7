// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The level of owner authorization in force.</summary>
public sealed partial class AuthLevel
{
    /// <summary>OSManagedAuthLevel: None 0, Delegated 2, Full 4, LockoutOnly 5.</summary>
    public int Level { get; private set; }

    /// <summary>The level’s name.</summary>
    public AuthLevelName LevelName { get; private set; }

    /// <summary>Where it comes from: the policy source, local, or the default with its reason.</summary>
    public string Source { get; private set; } = "";

    /// <summary>Whether policy sets it; it then cannot be set locally.</summary>
    public bool SetByPolicy { get; private set; }

    /// <summary>Whether backup to AD DS is on.</summary>
    public bool ActiveDirectoryBackup { get; private set; }

    internal static AuthLevel Read(JsonValue json) => new()
    {
        Level = json.Int32("level"),
        LevelName = json.Named("levelName", AuthLevelName.Unknown),
        Source = json.Text("source"),
        SetByPolicy = json.Flag("setByPolicy"),
        ActiveDirectoryBackup = json.Flag("activeDirectoryBackup"),
    };
}
