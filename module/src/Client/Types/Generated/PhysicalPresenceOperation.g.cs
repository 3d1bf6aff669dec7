// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>An operation that the firmware offers.</summary>
public sealed partial class PhysicalPresenceOperation
{
    /// <summary>The operation’s number.</summary>
    public uint Operation { get; private set; }

    /// <summary>The operation’s name.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Who confirms it. Unknown if the firmware cannot be asked (interface older than 1.2); only a request finds out.</summary>
    public PhysicalPresenceConfirmation Confirmation { get; private set; }

    internal static PhysicalPresenceOperation Read(JsonValue json) => new()
    {
        Operation = json.UInt32("operation"),
        Name = json.Text("name"),
        Confirmation = json.Named("confirmation", PhysicalPresenceConfirmation.Unknown),
    };
}
