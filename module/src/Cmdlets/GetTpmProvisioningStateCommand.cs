using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Shows which steps are still needed to provision the TPM.</summary>
[Cmdlet(VerbsCommon.Get, "TpmProvisioningState")]
[OutputType(typeof(ProvisioningState))]
public sealed class GetTpmProvisioningStateCommand : TbsCmdlet
{
    /// <inheritdoc/>
    protected override void Process() => WriteObject(Call("tpm/provisioning", ProvisioningState.Read));
}
