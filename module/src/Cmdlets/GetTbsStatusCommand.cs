using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Shows the health of the broker, and problems that need an administrator.</summary>
[Cmdlet(VerbsCommon.Get, "TbsStatus")]
[OutputType(typeof(Status))]
public sealed class GetTbsStatusCommand : TbsCmdlet
{
    /// <inheritdoc/>
    protected override void Process() => WriteObject(Call("status/get", Status.Read));
}
