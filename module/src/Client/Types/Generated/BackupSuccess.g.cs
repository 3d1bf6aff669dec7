// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using System;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>A backup that succeeded.</summary>
public sealed partial class BackupSuccess
{
    /// <summary>When.</summary>
    public DateTimeOffset Time { get; private set; }

    /// <summary>Host name of the server.</summary>
    public string Server { get; private set; } = "";

    /// <summary>Distinguished name of the object that contains the value.</summary>
    public string Target { get; private set; } = "";

    internal static BackupSuccess Read(JsonValue json) => new()
    {
        Time = json.Time("time"),
        Server = json.Text("server"),
        Target = json.Text("target"),
    };
}
