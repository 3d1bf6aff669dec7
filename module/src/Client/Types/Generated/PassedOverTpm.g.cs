// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>A configured transport that was tried without success.</summary>
public sealed partial class PassedOverTpm
{
    /// <summary>The transport, for example device /dev/tpm0.</summary>
    public string Transport { get; private set; } = "";

    /// <summary>Why it is not in use.</summary>
    public string Reason { get; private set; } = "";

    internal static PassedOverTpm Read(JsonValue json) => new()
    {
        Transport = json.Text("transport"),
        Reason = json.Text("reason"),
    };
}
