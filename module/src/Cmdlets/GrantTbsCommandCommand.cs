using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Grants TPM 2.0 commands to a caller class.</summary>
/// <remarks>
/// Adds commands to the local additions of a class's allowed list. On TPM 2.0 a class may send only commands on its
/// allowed list. Blocked lists still win. For administrators.
/// </remarks>
/// <example>
/// <code>Grant-TbsCommand TPM2_EvictControl -Class StandardUser</code>
/// <para>Lets standard users make objects persistent.</para>
/// </example>
/// <example>
/// <code>'TPM2_NV_DefineSpace' | Grant-TbsCommand -Class StandardUser -WhatIf</code>
/// <para>Shows what would change, without changing it.</para>
/// </example>
/// <seealso>Test-TbsCommandBlock</seealso>
[Cmdlet(VerbsSecurity.Grant, "TbsCommand", SupportsShouldProcess = true)]
[OutputType(typeof(CommandBlock))]
public sealed class GrantTbsCommandCommand : CommandListCmdlet
{
    /// <summary>The caller class whose allowed list changes.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateSet("Administrator", "StandardUser", "SandboxedApp")]
    public string Class { get; set; } = null!;

    /// <inheritdoc/>
    protected override void Process() =>
        ChangeList("commandGrant/add", $"Allow to the class {Class}", new RpcParameters { ["callerClass"] = ClassName.InProtocol(Class) });
}
