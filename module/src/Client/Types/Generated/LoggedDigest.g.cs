// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>A digest that was extended into a PCR bank.</summary>
public sealed partial class LoggedDigest
{
    /// <summary>The bank’s algorithm: sha256.</summary>
    public string Algorithm { get; private set; } = "";

    /// <summary>The digest, hexadecimal.</summary>
    public string Digest { get; private set; } = "";

    internal static LoggedDigest Read(JsonValue json) => new()
    {
        Algorithm = json.Text("algorithm"),
        Digest = json.Text("digest"),
    };
}
