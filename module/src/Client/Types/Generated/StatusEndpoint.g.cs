// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>An endpoint that is open.</summary>
public sealed partial class StatusEndpoint
{
    /// <summary>The protocol that it speaks; metrics: Prometheus’ text over HTTP.</summary>
    public EndpointKind Kind { get; private set; }

    /// <summary>The socket’s path, the pipe’s name, or host and port.</summary>
    public string Address { get; private set; } = "";

    internal static StatusEndpoint Read(JsonValue json) => new()
    {
        Kind = json.Named("kind", EndpointKind.Unknown),
        Address = json.Text("address"),
    };
}
