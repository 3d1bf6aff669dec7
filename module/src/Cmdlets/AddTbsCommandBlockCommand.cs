using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Adds commands to the local blocked list, which blocks them for every caller.</summary>
[Cmdlet(VerbsCommon.Add, "TbsCommandBlock", SupportsShouldProcess = true)]
[OutputType(typeof(CommandBlock))]
public sealed class AddTbsCommandBlockCommand : CommandListCmdlet
{
    /// <summary>The TPM family to which the command belongs; default: that of the machine's TPM.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateSet("1.2", "2.0")]
    public string? TpmVersion { get; set; }

    /// <inheritdoc/>
    protected override void Process() =>
        ChangeList("commandBlock/add", "Add to the local list of blocked commands", new RpcParameters { ["tpmVersion"] = TpmVersion });
}
