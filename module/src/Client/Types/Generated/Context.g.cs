// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using System;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>An open context.</summary>
public sealed partial class Context
{
    /// <summary>Identifies the context.</summary>
    public uint ContextId { get; private set; }

    /// <summary>The user who opened it.</summary>
    public string UserKey { get; private set; } = "";

    /// <summary>The account name; null if the system has none for the user.</summary>
    public string? UserName { get; private set; }

    /// <summary>The class of the caller who opened it.</summary>
    public CallerClass CallerClass { get; private set; }

    /// <summary>The process that connected; null if the system does not report it.</summary>
    public long? ProcessId { get; private set; }

    /// <summary>When it was opened.</summary>
    public DateTimeOffset OpenedAt { get; private set; }

    /// <summary>The number of its queued commands.</summary>
    public long WaitingCommands { get; private set; }

    /// <summary>Objects and sessions that it holds.</summary>
    public long Resources { get; private set; }

    /// <summary>Whether it was opened on this connection.</summary>
    public bool Own { get; private set; }

    internal static Context Read(JsonValue json) => new()
    {
        ContextId = json.UInt32("contextId"),
        UserKey = json.Text("userKey"),
        UserName = json.TextOrNull("userName"),
        CallerClass = json.Named("callerClass", CallerClass.Unknown),
        ProcessId = json.Int64OrNull("processId"),
        OpenedAt = json.Time("openedAt"),
        WaitingCommands = json.Int64("waitingCommands"),
        Resources = json.Int64("resources"),
        Own = json.Flag("own"),
    };
}
