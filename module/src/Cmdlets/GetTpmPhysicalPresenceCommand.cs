using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Shows the firmware's physical presence interface: the pending request, the last result, and the
/// operations.</summary>
[Cmdlet(VerbsCommon.Get, "TpmPhysicalPresence")]
[OutputType(typeof(PhysicalPresence))]
public sealed class GetTpmPhysicalPresenceCommand : TbsCmdlet
{
    /// <inheritdoc/>
    protected override void Process() => WriteObject(Call("physicalPresence/get", PhysicalPresence.Read));
}
