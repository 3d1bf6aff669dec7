// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The caller, as the operating system identifies it.</summary>
public sealed partial class StatusCaller
{
    /// <summary>The user: uid:1000, or sid:S-1-5-… on Windows.</summary>
    public string UserKey { get; private set; } = "";

    /// <summary>The class whose lists and limits apply.</summary>
    public CallerClass CallerClass { get; private set; }

    /// <summary>Whether the caller may read everybody’s data, as administrators may.</summary>
    public bool IsObserver { get; private set; }

    internal static StatusCaller Read(JsonValue json) => new()
    {
        UserKey = json.Text("userKey"),
        CallerClass = json.Named("callerClass", CallerClass.Unknown),
        IsObserver = json.Flag("isObserver"),
    };
}
