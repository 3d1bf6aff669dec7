// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>Queued commands of one user and priority.</summary>
public sealed partial class WaitingCommands
{
    /// <summary>The user.</summary>
    public string UserKey { get; private set; } = "";

    /// <summary>The account name; null if the system has none for the user.</summary>
    public string? UserName { get; private set; }

    /// <summary>The priority in effect; aged: waited for so long that it precedes all commands that have not.</summary>
    public WaitingCommandsPriority Priority { get; private set; }

    /// <summary>The number of queued commands.</summary>
    public long Count { get; private set; }

    internal static WaitingCommands Read(JsonValue json) => new()
    {
        UserKey = json.Text("userKey"),
        UserName = json.TextOrNull("userName"),
        Priority = json.Named("priority", WaitingCommandsPriority.Unknown),
        Count = json.Int64("count"),
    };
}
