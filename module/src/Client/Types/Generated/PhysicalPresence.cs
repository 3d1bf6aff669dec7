// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The state of the physical presence interface.</summary>
public sealed partial class PhysicalPresence
{
    /// <summary>The interface’s version: 1.3.</summary>
    public string Version { get; private set; } = "";

    /// <summary>The operation that waits for the next boot; 0: none.</summary>
    public uint Request { get; private set; }

    /// <summary>Its name.</summary>
    public string RequestName { get; private set; } = "";

    /// <summary>What the machine has to do for the request to be carried out.</summary>
    public PhysicalPresenceTransition Transition { get; private set; }

    /// <summary>The last request that was dealt with; null when there was none.</summary>
    public PhysicalPresenceResponse? Response { get; private set; }

    /// <summary>What the platform offers; empty where it offers nothing.</summary>
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
