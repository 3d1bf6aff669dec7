// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using System;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>A problem that needs an administrator.</summary>
public sealed partial class StatusWarning
{
    /// <summary>The problem’s stable name, for scripts: tpmOpenToOthers.</summary>
    public string Id { get; private set; } = "";

    /// <summary>What is wrong.</summary>
    public string Message { get; private set; } = "";

    /// <summary>What to do.</summary>
    public string Action { get; private set; } = "";

    /// <summary>When the broker first noticed it.</summary>
    public DateTimeOffset Since { get; private set; }

    internal static StatusWarning Read(JsonValue json) => new()
    {
        Id = json.Text("id"),
        Message = json.Text("message"),
        Action = json.Text("action"),
        Since = json.Time("since"),
    };
}
