using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Takes back what Grant-TbsCommand allowed.</summary>
/// <remarks>
/// Takes commands off the local additions of a class's allowed list. What the shipped list or policy allows stays allowed:
/// Add-TbsCommandBlock blocks it. For administrators.
/// </remarks>
/// <example>
/// <code>Revoke-TbsCommand TPM2_EvictControl -Class StandardUser</code>
/// <para>Standard users can again use what the shipped list allows only.</para>
/// </example>
/// <example>
/// <code>Revoke-TbsCommand TPM2_EvictControl StandardUser -WhatIf</code>
/// <para>Shows what it would change, and changes nothing.</para>
/// </example>
/// <seealso>Test-TbsCommandBlock</seealso>
[Cmdlet(VerbsSecurity.Revoke, "TbsCommand", SupportsShouldProcess = true)]
[OutputType(typeof(CommandBlock))]
public sealed class RevokeTbsCommandCommand : CommandListCmdlet
{
    /// <summary>The class of callers whose allowed list changes.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateSet("Administrator", "StandardUser", "SandboxedApp")]
    public string Class { get; set; } = null!;

    /// <inheritdoc/>
    protected override void Process() =>
        ChangeList("commandGrant/remove", $"Take back from the class {Class}", new RpcParameters { ["callerClass"] = ClassName.InProtocol(Class) });
}
