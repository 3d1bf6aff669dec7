// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
using System;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The resultant set of policy.</summary>
public sealed partial class PolicyExplanations
{
    /// <summary>Every setting.</summary>
    public PolicyExplanation[] Settings { get; private set; } = Array.Empty<PolicyExplanation>();

    internal static PolicyExplanations Read(JsonValue json) => new()
    {
        Settings = json.List("settings", PolicyExplanation.Read),
    };
}
