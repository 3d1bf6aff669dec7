// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>A context that was opened on this connection.</summary>
public sealed partial class OpenedContext
{
    /// <summary>Identifies the context in later calls; it ends with the connection.</summary>
    public uint ContextId { get; private set; }

    /// <summary>The TPM version that the context uses.</summary>
    public string TpmVersion { get; private set; } = "";

    /// <summary>The largest command that the TPM accepts, in bytes.</summary>
    public long MaxCommandBytes { get; private set; }

    internal static OpenedContext Read(JsonValue json) => new()
    {
        ContextId = json.UInt32("contextId"),
        TpmVersion = json.Text("tpmVersion"),
        MaxCommandBytes = json.Int64("maxCommandBytes"),
    };
}
