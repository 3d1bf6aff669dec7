using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Shows which steps are still needed to provision the TPM.</summary>
/// <remarks>
/// Shows the provisioning information bits of Windows' Win32_Tpm.Provision as a number and by name, and whether the machine
/// must be restarted or the TPM cleared. Changes nothing.
/// </remarks>
/// <example>
/// <code>Get-TpmProvisioningState</code>
/// <para>Shows what is missing.</para>
/// </example>
/// <example>
/// <code>(Get-TpmProvisioningState).Needs</code>
/// <para>Lists the steps by name.</para>
/// </example>
/// <seealso>Initialize-Tpm</seealso>
[Cmdlet(VerbsCommon.Get, "TpmProvisioningState")]
[OutputType(typeof(ProvisioningState))]
public sealed class GetTpmProvisioningStateCommand : TbsCmdlet
{
    /// <inheritdoc/>
    protected override void Process() => WriteObject(Call("tpm/provisioning", ProvisioningState.Read));
}
