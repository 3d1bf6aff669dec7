// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The value that one source has for a setting.</summary>
public sealed partial class PolicyStatement
{
    /// <summary>The source: default, a file’s path, a GPO, a registry key.</summary>
    public string Source { get; private set; } = "";

    /// <summary>The kind of source.</summary>
    public PolicySourceKind SourceKind { get; private set; }

    /// <summary>The GPO; null for other sources.</summary>
    public PolicyGpo? Gpo { get; private set; }

    /// <summary>Whether the source disables the setting, which restores its default.</summary>
    public bool Disables { get; private set; }

    /// <summary>The source’s value; null if it disables the setting.</summary>
    public object? Value { get; private set; }

    /// <summary>Whether this value is in force, is part of a list in force, or is overridden.</summary>
    public PolicyEffect Effect { get; private set; }

    /// <summary>Why, in a sentence.</summary>
    public string Reason { get; private set; } = "";

    internal static PolicyStatement Read(JsonValue json) => new()
    {
        Source = json.Text("source"),
        SourceKind = json.Named("sourceKind", PolicySourceKind.Unknown),
        Gpo = json.ObjectOrNull("gpo", PolicyGpo.Read),
        Disables = json.Flag("disables"),
        Value = PolicyValue.Read(json["value"]),
        Effect = json.Named("effect", PolicyEffect.Unknown),
        Reason = json.Text("reason"),
    };
}
