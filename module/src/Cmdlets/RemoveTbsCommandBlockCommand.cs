using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Removes commands from the local blocked list.</summary>
/// <remarks>
/// Removes commands from the local blocked list. Another list may still block them; Test-TbsCommandBlock shows which. A
/// command that is not on the list is ignored. For administrators.
/// </remarks>
/// <example>
/// <code>Get-TbsCommandBlock -List Local | Remove-TbsCommandBlock</code>
/// <para>Empties the local list.</para>
/// </example>
/// <example>
/// <code>Remove-TbsCommandBlock TPM2_Clear -WhatIf</code>
/// <para>Shows what would be unblocked, without changing anything.</para>
/// </example>
/// <seealso>Test-TbsCommandBlock</seealso>
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
