using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Removes commands from the local blocked list.</summary>
[Cmdlet(VerbsCommon.Remove, "TbsCommandBlock", SupportsShouldProcess = true)]
[OutputType(typeof(CommandBlock))]
public sealed class RemoveTbsCommandBlockCommand : CommandListCmdlet
{
    /// <summary>The TPM family to which the command belongs; default: that of the machine's TPM.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateSet("1.2", "2.0")]
    public string? TpmVersion { get; set; }

    /// <inheritdoc/>
    protected override void Process() =>
        ChangeList("commandBlock/remove", "Remove from the local list of blocked commands", new RpcParameters { ["tpmVersion"] = TpmVersion });
}
