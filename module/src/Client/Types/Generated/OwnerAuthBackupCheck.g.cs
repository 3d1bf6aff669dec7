// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>Where a backup would go.</summary>
public sealed partial class OwnerAuthBackupCheck
{
    /// <summary>Host name of the server that answered.</summary>
    public string Server { get; private set; } = "";

    /// <summary>windows8: in an msTPM-InformationObject; windows7: in the computer object.</summary>
    public BackupForm Form { get; private set; }

    /// <summary>Distinguished name of this machine’s computer object.</summary>
    public string Computer { get; private set; } = "";

    /// <summary>Distinguished name of the object that contains, or would contain, the owner authorization.</summary>
    public string Target { get; private set; } = "";

    internal static OwnerAuthBackupCheck Read(JsonValue json) => new()
    {
        Server = json.Text("server"),
        Form = json.Named("form", BackupForm.Unknown),
        Computer = json.Text("computer"),
        Target = json.Text("target"),
    };
}
