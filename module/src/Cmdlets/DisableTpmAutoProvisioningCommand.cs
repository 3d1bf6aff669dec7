using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Turns off automatic provisioning of the TPM.</summary>
/// <remarks>
/// From then on, or only at the next boot, the broker does not provision the TPM when it starts. For administrators.
/// </remarks>
/// <example>
/// <code>Disable-TpmAutoProvisioning</code>
/// <para>Turns it off.</para>
/// </example>
/// <example>
/// <code>Disable-TpmAutoProvisioning -WhatIf</code>
/// <para>Shows what would change, without changing it.</para>
/// </example>
/// <seealso>Enable-TpmAutoProvisioning</seealso>
/// <seealso>Initialize-Tpm</seealso>
[Cmdlet(VerbsLifecycle.Disable, "TpmAutoProvisioning", SupportsShouldProcess = true)]
[OutputType(typeof(Tpm))]
public sealed class DisableTpmAutoProvisioningCommand : TbsCmdlet
{
    /// <summary>Turns it off for the next boot only.</summary>
    [Parameter]
    public SwitchParameter OnlyForNextRestart { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        string mode = OnlyForNextRestart ? "DisabledForNextBoot" : "Disabled";
        if (!Confirmed("automatic provisioning", $"Set to {mode}")) return;
        Call("autoProvisioning/set", new RpcParameters { ["autoProvisioning"] = mode });
        WriteObject(Call("tpm/get", Tpm.Read));
    }
}
