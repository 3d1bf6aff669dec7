// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The command that the TPM works on.</summary>
public sealed partial class RunningCommand
{
    /// <summary>The user who sent it.</summary>
    public string UserKey { get; private set; } = "";

    /// <summary>The account name; null if the system has none for the user.</summary>
    public string? UserName { get; private set; }

    /// <summary>TPM 1.2 ordinal or TPM 2.0 command code.</summary>
    public uint Code { get; private set; }

    /// <summary>The command’s name.</summary>
    public string Name { get; private set; } = "";

    /// <summary>How long the TPM has been executing it, in milliseconds.</summary>
    public double DurationMs { get; private set; }

    internal static RunningCommand Read(JsonValue json) => new()
    {
        UserKey = json.Text("userKey"),
        UserName = json.TextOrNull("userName"),
        Code = json.UInt32("code"),
        Name = json.Text("name"),
        DurationMs = json.Number("durationMs"),
    };
}
