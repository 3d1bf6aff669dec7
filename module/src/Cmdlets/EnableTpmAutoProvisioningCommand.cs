using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Turns on automatic provisioning of the TPM.</summary>
[Cmdlet(VerbsLifecycle.Enable, "TpmAutoProvisioning", SupportsShouldProcess = true)]
[OutputType(typeof(Tpm))]
public sealed class EnableTpmAutoProvisioningCommand : TbsCmdlet
{
    /// <inheritdoc/>
    protected override void Process()
    {
        if (!Confirmed("automatic provisioning", "Turn on")) return;
        Call("autoProvisioning/set", new RpcParameters { ["autoProvisioning"] = "Enabled" });
        WriteObject(Call("tpm/get", Tpm.Read));
    }
}
