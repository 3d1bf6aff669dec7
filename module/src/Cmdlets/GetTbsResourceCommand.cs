using System;
using System.Management.Automation;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Shows the objects and sessions that callers hold in the TPM.</summary>
/// <remarks>
/// Shows each resource with its kind, user, context and handle, and whether it is in the TPM now or swapped out.
/// Administrators see everybody's, others their own.
/// </remarks>
/// <example>
/// <code>Get-TbsResource</code>
/// <para>Shows everything.</para>
/// </example>
/// <example>
/// <code>Get-TbsResource -Kind savedSession</code>
/// <para>Shows saved sessions, which remain if a program forgets them.</para>
/// </example>
/// <seealso>Remove-TbsResource</seealso>
[Cmdlet(VerbsCommon.Get, "TbsResource")]
[OutputType(typeof(Resource))]
public sealed class GetTbsResourceCommand : TbsCmdlet
{
    /// <summary>Only these resources.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ResourceCompleter))]
    public string[]? Id { get; set; }

    /// <summary>Only resources of these kinds, such as transient, loadedSession or savedSession.</summary>
    [Parameter]
    [ValidateSet("transient", "loadedSession", "savedSession", "sequence", "key", "authSession", "transportSession")]
    public string[]? Kind { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        foreach (Resource resource in Call("resource/list", static json => json.List("resources", Resource.Read)))
        {
            if (IsAmong(Id, resource.Id) && IsAmong(Kind, resource.Kind.ToString())) WriteObject(resource);
        }
    }

    private static bool IsAmong(string[]? wanted, string value) =>
        wanted is null || Array.Exists(wanted, one => string.Equals(one, value, StringComparison.OrdinalIgnoreCase));
}
