using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Adds commands to the local blocked list, which blocks them for every caller.</summary>
/// <remarks>
/// Adds commands to the local blocked list, which the broker stores across restarts. Policy can make the broker ignore
/// that list. A command that is already on the list stays on it. For administrators.
/// </remarks>
/// <example>
/// <code>Add-TbsCommandBlock TPM2_Clear</code>
/// <para>From now on nobody can clear the TPM through the broker.</para>
/// </example>
/// <example>
/// <code>'TPM2_NV_UndefineSpace', 'TPM2_EvictControl' | Add-TbsCommandBlock -WhatIf</code>
/// <para>Shows what would be blocked, without blocking it.</para>
/// </example>
/// <seealso>Test-TbsCommandBlock</seealso>
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
