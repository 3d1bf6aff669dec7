using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Grants TPM 2.0 commands to a caller class.</summary>
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
