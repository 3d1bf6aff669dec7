// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The queued commands, and the command that the TPM is executing.</summary>
public sealed partial class Queue
{
    /// <summary>The caller’s own queued commands; for administrators and observers, everybody’s.</summary>
    public ResultList<WaitingCommands> Waiting { get; private set; } = null!;

    /// <summary>The running command; null if there is none, or if it belongs to a user whom the caller may not observe.</summary>
    public RunningCommand? Running { get; private set; }

    internal static Queue Read(JsonValue json) => new()
    {
        Waiting = new(json.List("waiting", WaitingCommands.Read)),
        Running = json.ObjectOrNull("running", RunningCommand.Read),
    };
}
