// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>A setting whose value differs from the desired one.</summary>
public sealed partial class PolicyDifference
{
    /// <summary>The setting’s name, camelCase as in a policy.d file.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The value in force; null if there is none.</summary>
    public object? Current { get; private set; }

    /// <summary>The desired value; null if the local policy file no longer sets it.</summary>
    public object? Desired { get; private set; }

    /// <summary>Where the value in force comes from.</summary>
    public string Source { get; private set; } = "";

    internal static PolicyDifference Read(JsonValue json) => new()
    {
        Name = json.Text("name"),
        Current = PolicyValue.Read(json["current"]),
        Desired = PolicyValue.Read(json["desired"]),
        Source = json.Text("source"),
    };
}
