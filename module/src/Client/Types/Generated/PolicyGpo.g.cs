// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>A Group Policy object of the domain.</summary>
public sealed partial class PolicyGpo
{
    /// <summary>Its GUID, in braces.</summary>
    public string Id { get; private set; } = "";

    /// <summary>Its display name.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Distinguished name of the container that links it; null if the domain client does not report it.</summary>
    public string? Link { get; private set; }

    /// <summary>Whether the link is enforced.</summary>
    public bool Enforced { get; private set; }

    internal static PolicyGpo Read(JsonValue json) => new()
    {
        Id = json.Text("id"),
        Name = json.Text("name"),
        Link = json.TextOrNull("link"),
        Enforced = json.Flag("enforced"),
    };
}
