using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Opens a context: a view of the TPM with its own handles.</summary>
[Cmdlet(VerbsCommon.New, "TbsContext", SupportsShouldProcess = true)]
[OutputType(typeof(OpenedContext))]
public sealed class NewTbsContextCommand : TbsCmdlet
{
    /// <summary>The TPM families that you support; default: both. It is an error if the machine has none of them.</summary>
    [Parameter]
    [ValidateSet("1.2", "2.0")]
    public string[] TpmVersion { get; set; } = { "1.2", "2.0" };

    /// <inheritdoc/>
    protected override void Process()
    {
        if (!Confirmed("TPM", "Open a context")) return;
        WriteObject(Call("context/open", new RpcParameters { ["versions"] = TpmVersion }, OpenedContext.Read));
    }
}
