// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>Whether desired settings are in force.</summary>
public sealed partial class PolicyCompliance
{
    /// <summary>Whether all of them are in force.</summary>
    public bool Compliant { get; private set; }

    /// <summary>The settings that are not in force.</summary>
    public ResultList<PolicyDifference> Differences { get; private set; } = null!;

    internal static PolicyCompliance Read(JsonValue json) => new()
    {
        Compliant = json.Flag("compliant"),
        Differences = new(json.List("differences", PolicyDifference.Read)),
    };
}
