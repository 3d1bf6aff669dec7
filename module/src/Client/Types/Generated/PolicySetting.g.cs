// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>A policy setting in force.</summary>
public sealed partial class PolicySetting
{
    /// <summary>The setting’s name, camelCase as in a policy.d file.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The value in force; null if no source sets it and it has no default.</summary>
    public object? Value { get; private set; }

    /// <summary>Where the value comes from: default, a file’s path, a registry key.</summary>
    public string Source { get; private set; } = "";

    /// <summary>The kind of source.</summary>
    public PolicySourceKind SourceKind { get; private set; }

    internal static PolicySetting Read(JsonValue json) => new()
    {
        Name = json.Text("name"),
        Value = PolicyValue.Read(json["value"]),
        Source = json.Text("source"),
        SourceKind = json.Named("sourceKind", PolicySourceKind.Unknown),
    };
}
