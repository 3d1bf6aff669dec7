// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using System;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>How many identical events an event stands for.</summary>
public sealed partial class RepeatedEvent
{
    /// <summary>How many.</summary>
    public long Count { get; private set; }

    /// <summary>Time of the first one.</summary>
    public DateTimeOffset First { get; private set; }

    /// <summary>Time of the last one.</summary>
    public DateTimeOffset Last { get; private set; }

    internal static RepeatedEvent Read(JsonValue json) => new()
    {
        Count = json.Int64("count"),
        First = json.Time("first"),
        Last = json.Time("last"),
    };
}
