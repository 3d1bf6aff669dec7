using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Shows the firmware's physical presence interface: the pending request, the last result, and the
/// operations.</summary>
/// <remarks>
/// Returns the interface's version, the request that is pending for the next boot and what executes it, the result of
/// the last request, and each operation that the platform offers with its confirmation: UserRequired, UserNotRequired,
/// BlockedByFirmwareSettings or FirmwareOnly; Unknown if the firmware cannot be asked. A platform without the interface
/// is an error (TBS_E_PPI_NOT_SUPPORTED).
/// </remarks>
/// <example>
/// <code>Get-TpmPhysicalPresence</code>
/// <para>Shows the state.</para>
/// </example>
/// <example>
/// <code>(Get-TpmPhysicalPresence).Operations | Where-Object Confirmation -like User*</code>
/// <para>Lists the operations that can be requested.</para>
/// </example>
/// <seealso>Request-TpmPhysicalPresence</seealso>
[Cmdlet(VerbsCommon.Get, "TpmPhysicalPresence")]
[OutputType(typeof(PhysicalPresence))]
public sealed class GetTpmPhysicalPresenceCommand : TbsCmdlet
{
    /// <inheritdoc/>
    protected override void Process() => WriteObject(Call("physicalPresence/get", PhysicalPresence.Read));
}
