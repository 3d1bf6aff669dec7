using System.Management.Automation;
using TpmTbs.Client;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Flushes an object or session that a caller holds in the TPM.</summary>
/// <remarks>
/// Flushes resources: your own or, as an administrator, anybody's, such as sessions that a program left behind. The
/// holder's handle is then invalid.
/// </remarks>
/// <example>
/// <code>Get-TbsResource -Kind savedSession | Remove-TbsResource</code>
/// <para>Flushes all saved sessions, after asking.</para>
/// </example>
/// <example>
/// <code>Get-TbsResource | Remove-TbsResource -WhatIf</code>
/// <para>Shows what would be flushed, without flushing it.</para>
/// </example>
/// <seealso>Get-TbsResource</seealso>
[Cmdlet(VerbsCommon.Remove, "TbsResource", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(void))]
public sealed class RemoveTbsResourceCommand : TbsCmdlet
{
    /// <summary>The resources, by the Id that Get-TbsResource shows.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ResourceCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Id { get; set; } = null!;

    /// <inheritdoc/>
    protected override void Process()
    {
        foreach (string one in Id)
        {
            ForObject(one, () =>
            {
                if (!Confirmed($"resource {one}", "Flush")) return;
                if (Call("resource/remove", new RpcParameters { ["id"] = one }, static json => json.Flag("removed"))) return;
                throw TbsErrors.BadParameter($"There is no resource '{one}'.", "Get-TbsResource shows the existing ones.", one);
            });
        }
    }
}
