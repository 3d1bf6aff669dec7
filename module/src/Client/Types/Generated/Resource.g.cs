// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>An object or session that a context holds.</summary>
public sealed partial class Resource
{
    /// <summary>Identifies the resource as long as the broker runs.</summary>
    public string Id { get; private set; } = "";

    /// <summary>What it is; the last three exist on TPM 1.2 only.</summary>
    public ResourceKind Kind { get; private set; }

    /// <summary>The user who holds it.</summary>
    public string UserKey { get; private set; } = "";

    /// <summary>The context that holds it; null for a saved session whose context has been closed.</summary>
    public uint? ContextId { get; private set; }

    /// <summary>The handle that the context sees.</summary>
    public uint VirtualHandle { get; private set; }

    /// <summary>Whether it is in the TPM now; false if it is swapped out.</summary>
    public bool Resident { get; private set; }

    /// <summary>The account name; null if the system has none for the user.</summary>
    public string? UserName { get; private set; }

    internal static Resource Read(JsonValue json) => new()
    {
        Id = json.Text("id"),
        Kind = json.Named("kind", ResourceKind.Unknown),
        UserKey = json.Text("userKey"),
        ContextId = json.UInt32OrNull("contextId"),
        VirtualHandle = json.UInt32("virtualHandle"),
        Resident = json.Flag("resident"),
        UserName = json.TextOrNull("userName"),
    };
}
