// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>An entry of the log.</summary>
public sealed partial class BootEvent
{
    /// <summary>Its index in the log, from 0.</summary>
    public long Index { get; private set; }

    /// <summary>The PCR that was extended.</summary>
    public uint PcrIndex { get; private set; }

    /// <summary>The event type.</summary>
    public uint Type { get; private set; }

    /// <summary>EV_SEPARATOR; the number as text for a type without a name.</summary>
    public string TypeName { get; private set; } = "";

    /// <summary>The event’s own description, as text; may be empty.</summary>
    public string Description { get; private set; } = "";

    /// <summary>One digest for each bank.</summary>
    public ResultList<LoggedDigest> Digests { get; private set; } = null!;

    /// <summary>Length of the event’s data in bytes.</summary>
    public long DataBytes { get; private set; }

    /// <summary>The event’s data, truncated to 65536 bytes.</summary>
    public ByteList Data { get; private set; } = null!;

    internal static BootEvent Read(JsonValue json) => new()
    {
        Index = json.Int64("index"),
        PcrIndex = json.UInt32("pcrIndex"),
        Type = json.UInt32("type"),
        TypeName = json.Text("typeName"),
        Description = json.Text("description"),
        Digests = new(json.List("digests", LoggedDigest.Read)),
        DataBytes = json.Int64("dataBytes"),
        Data = new(json.Bytes("data")),
    };
}
