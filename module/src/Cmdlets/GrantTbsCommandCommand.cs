using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Grants commands to a caller class.</summary>
/// <remarks>
/// On TPM 2.0, where a class may send only the commands on its allowed list, adds commands to that list. On TPM 1.2,
/// lifts the default list's block of commands for the class. A block by policy or by the local list still wins. The
/// broker stores grants across restarts. For administrators.
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
    /// <summary>The caller class that gets the commands.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateSet("Administrator", "StandardUser", "SandboxedApp")]
    public string Class { get; set; } = null!;

    /// <inheritdoc/>
    protected override void Process() =>
        ChangeList("commandGrant/add", $"Allow to the class {Class}", new RpcParameters { ["callerClass"] = ClassName.InProtocol(Class) });
}
