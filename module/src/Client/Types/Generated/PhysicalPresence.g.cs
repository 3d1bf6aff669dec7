// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The state of the physical presence interface.</summary>
public sealed partial class PhysicalPresence
{
    /// <summary>The interface’s version: 1.3.</summary>
    public string Version { get; private set; } = "";

    /// <summary>The operation that is pending for the next boot; 0: none.</summary>
    public uint Request { get; private set; }

    /// <summary>Its name.</summary>
    public string RequestName { get; private set; } = "";

    /// <summary>What has to happen to the machine so that the firmware executes the request.</summary>
    public PhysicalPresenceTransition Transition { get; private set; }

    /// <summary>The last request that the firmware processed; null if there was none.</summary>
    public PhysicalPresenceResponse? Response { get; private set; }

    /// <summary>The operations that the platform offers; may be empty.</summary>
    public ResultList<PhysicalPresenceOperation> Operations { get; private set; } = null!;

    internal static PhysicalPresence Read(JsonValue json) => new()
    {
        Version = json.Text("version"),
        Request = json.UInt32("request"),
        RequestName = json.Text("requestName"),
        Transition = json.Named("transition", PhysicalPresenceTransition.Unknown),
        Response = json.ObjectOrNull("response", PhysicalPresenceResponse.Read),
        Operations = new(json.List("operations", PhysicalPresenceOperation.Read)),
    };
}
