// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>One list’s effect on a command.</summary>
public sealed partial class ListStatement
{
    /// <summary>policy: the lists of Group Policy; default: the shipped lists; local: Add-TbsCommandBlock and Grant-TbsCommand; notAllowed: on no allowed list.</summary>
    public CommandList List { get; private set; }

    /// <summary>What the list does with the command.</summary>
    public ListEffect Effect { get; private set; }

    /// <summary>False if policy turns the list off.</summary>
    public bool InForce { get; private set; }

    /// <summary>Where the list comes from: a policy file, a registry key, the shipped list.</summary>
    public string Source { get; private set; } = "";

    /// <summary>Why, in words.</summary>
    public string Reason { get; private set; } = "";

    internal static ListStatement Read(JsonValue json) => new()
    {
        List = json.Named("list", CommandList.Unknown),
        Effect = json.Named("effect", ListEffect.Unknown),
        InForce = json.Flag("inForce"),
        Source = json.Text("source"),
        Reason = json.Text("reason"),
    };
}
