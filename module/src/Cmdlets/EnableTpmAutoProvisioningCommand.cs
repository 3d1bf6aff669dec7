using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Turns automatic provisioning of the TPM on.</summary>
/// <remarks>
/// From then on the broker provisions the TPM at each start as Initialize-Tpm does, while something is missing. For
/// administrators.
/// </remarks>
/// <example>
/// <code>Enable-TpmAutoProvisioning</code>
/// <para>Turns it on.</para>
/// </example>
/// <example>
/// <code>Enable-TpmAutoProvisioning -WhatIf</code>
/// <para>Changes nothing.</para>
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
