using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Blocks commands for every caller, by the local list.</summary>
/// <remarks>
/// Puts commands on the local blocked list, which the broker keeps over restarts. Policy can make it ignore that list. For
/// administrators; a command that is on the list already stays on it.
/// </remarks>
/// <example>
/// <code>Add-TbsCommandBlock TPM2_Clear</code>
/// <para>From now on nobody can clear the TPM through the broker.</para>
/// </example>
/// <example>
/// <code>'TPM2_NV_UndefineSpace', 'TPM2_EvictControl' | Add-TbsCommandBlock -WhatIf</code>
/// <para>Shows what it would block, and blocks nothing.</para>
/// </example>
/// <seealso>Test-TbsCommandBlock</seealso>
[Cmdlet(VerbsCommon.Add, "TbsCommandBlock", SupportsShouldProcess = true)]
[OutputType(typeof(CommandBlock))]
public sealed class AddTbsCommandBlockCommand : CommandListCmdlet
{
    /// <summary>The TPM family to which the command belongs; that of the machine's TPM unless set.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateSet("1.2", "2.0")]
    public string? TpmVersion { get; set; }

    /// <inheritdoc/>
    protected override void Process() =>
        ChangeList("commandBlock/add", "Add to the local list of blocked commands", new RpcParameters { ["tpmVersion"] = TpmVersion });
}
