// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The measured duration of a command on this TPM.</summary>
public sealed partial class CommandCost
{
    /// <summary>TPM 1.2 ordinal or TPM 2.0 command code.</summary>
    public uint Code { get; private set; }

    /// <summary>The command’s name.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The type of the key that it creates: RSA 2048, ECC P-256; null if it creates none.</summary>
    public string? KeyType { get; private set; }

    /// <summary>How often it was measured.</summary>
    public long Count { get; private set; }

    /// <summary>Mean duration in milliseconds.</summary>
    public double MeanMs { get; private set; }

    internal static CommandCost Read(JsonValue json) => new()
    {
        Code = json.UInt32("code"),
        Name = json.Text("name"),
        KeyType = json.TextOrNull("keyType"),
        Count = json.Int64("count"),
        MeanMs = json.Number("meanMs"),
    };
}
