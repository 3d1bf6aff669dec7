// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The firmware’s result for the last request that it processed.</summary>
public sealed partial class PhysicalPresenceResponse
{
    /// <summary>The operation’s number.</summary>
    public uint Operation { get; private set; }

    /// <summary>The operation’s name.</summary>
    public string Name { get; private set; } = "";

    /// <summary>0: success; up to 0xFFF: a TPM result; above: the firmware’s own code.</summary>
    public uint Result { get; private set; }

    /// <summary>The result’s kind.</summary>
    public PhysicalPresenceResult ResultName { get; private set; }

    internal static PhysicalPresenceResponse Read(JsonValue json) => new()
    {
        Operation = json.UInt32("operation"),
        Name = json.Text("name"),
        Result = json.UInt32("result"),
        ResultName = json.Named("resultName", PhysicalPresenceResult.Unknown),
    };
}
