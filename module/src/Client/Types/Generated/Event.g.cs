// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using System;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>One decision: who, what, why.</summary>
public sealed partial class Event
{
    /// <summary>What kind of decision it is.</summary>
    public EventKind Kind { get; private set; }

    /// <summary>When.</summary>
    public DateTimeOffset Time { get; private set; }

    /// <summary>The user who caused it; absent if no caller did.</summary>
    public string? UserKey { get; private set; }

    /// <summary>The class of that caller.</summary>
    public CallerClass? CallerClass { get; private set; }

    /// <summary>The process that connected; process ids are reused.</summary>
    public long? ProcessId { get; private set; }

    /// <summary>The decision in words.</summary>
    public string Message { get; private set; } = "";

    /// <summary>Facts by name: code, list, source, setting.</summary>
    public object? Details { get; private set; }

    /// <summary>Present if the event stands for several identical ones.</summary>
    public RepeatedEvent? Repeated { get; private set; }

    internal static Event Read(JsonValue json) => new()
    {
        Kind = json.Named("kind", EventKind.Unknown),
        Time = json.Time("time"),
        UserKey = json.TextOrNull("userKey"),
        CallerClass = json.NamedOrNull("callerClass", TpmTbs.CallerClass.Unknown),
        ProcessId = json.Int64OrNull("processId"),
        Message = json.Text("message"),
        Details = ReadDetails(json["details"]),
        Repeated = json.ObjectOrNull("repeated", RepeatedEvent.Read),
    };
}
