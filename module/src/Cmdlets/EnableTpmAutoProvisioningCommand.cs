using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Turns on automatic provisioning of the TPM.</summary>
/// <remarks>
/// From then on, whenever the broker starts and provisioning is incomplete, it provisions the TPM as Initialize-Tpm
/// does. For administrators.
/// </remarks>
/// <example>
/// <code>Enable-TpmAutoProvisioning</code>
/// <para>Turns it on.</para>
/// </example>
/// <example>
/// <code>Enable-TpmAutoProvisioning -WhatIf</code>
/// <para>Shows what would change, without changing it.</para>
/// </example>
/// <seealso>Disable-TpmAutoProvisioning</seealso>
/// <seealso>Initialize-Tpm</seealso>
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
