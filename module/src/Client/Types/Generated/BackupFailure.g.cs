// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using System;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>A backup that failed.</summary>
public sealed partial class BackupFailure
{
    /// <summary>When.</summary>
    public DateTimeOffset Time { get; private set; }

    /// <summary>Why it failed; error: for none of the other reasons.</summary>
    public BackupFailureReason Reason { get; private set; }

    /// <summary>What happened, in words.</summary>
    public string Message { get; private set; } = "";

    internal static BackupFailure Read(JsonValue json) => new()
    {
        Time = json.Time("time"),
        Reason = json.Named("reason", BackupFailureReason.Unknown),
        Message = json.Text("message"),
    };
}
