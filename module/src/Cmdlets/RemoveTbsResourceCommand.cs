using System.Management.Automation;
using TpmTbs.Client;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Flushes an object or session that a caller holds in the TPM.</summary>
[Cmdlet(VerbsCommon.Remove, "TbsResource", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(void))]
public sealed class RemoveTbsResourceCommand : TbsCmdlet
{
    /// <summary>The resources, by the Id that Get-TbsResource shows.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
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
