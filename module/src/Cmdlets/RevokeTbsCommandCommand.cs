using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Withdraws commands that Grant-TbsCommand granted.</summary>
[Cmdlet(VerbsSecurity.Revoke, "TbsCommand", SupportsShouldProcess = true)]
[OutputType(typeof(CommandBlock))]
public sealed class RevokeTbsCommandCommand : CommandListCmdlet
{
    /// <summary>The caller class whose allowed list changes.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateSet("Administrator", "StandardUser", "SandboxedApp")]
    public string Class { get; set; } = null!;

    /// <inheritdoc/>
    protected override void Process() =>
        ChangeList("commandGrant/remove", $"Take back from the class {Class}", new RpcParameters { ["callerClass"] = ClassName.InProtocol(Class) });
}
