using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Withdraws commands that Grant-TbsCommand granted.</summary>
/// <remarks>
/// Removes commands from the local grants of a class. Commands that the shipped list or policy allows stay allowed;
/// Add-TbsCommandBlock blocks them. For administrators.
/// </remarks>
/// <example>
/// <code>Revoke-TbsCommand TPM2_EvictControl -Class StandardUser</code>
/// <para>Standard users can again use only what the shipped list allows.</para>
/// </example>
/// <example>
/// <code>Revoke-TbsCommand TPM2_EvictControl StandardUser -WhatIf</code>
/// <para>Shows what would change, without changing it.</para>
/// </example>
/// <seealso>Test-TbsCommandBlock</seealso>
[Cmdlet(VerbsSecurity.Revoke, "TbsCommand", SupportsShouldProcess = true)]
[OutputType(typeof(CommandBlock))]
public sealed class RevokeTbsCommandCommand : CommandListCmdlet
{
    /// <summary>The caller class that loses the commands.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateSet("Administrator", "StandardUser", "SandboxedApp")]
    public string Class { get; set; } = null!;

    /// <inheritdoc/>
    protected override void Process() =>
        ChangeList("commandGrant/remove", $"Take back from the class {Class}", new RpcParameters { ["callerClass"] = ClassName.InProtocol(Class) });
}
