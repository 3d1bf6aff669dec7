using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Provisions the TPM.</summary>
/// <remarks>
/// Does what is still missing: endorsement key, storage root key, owner authorization, dictionary-attack parameters. Every
/// step can be repeated. Returns what is still needed afterwards. An owner authorization that the level in force does not
/// store, and that no backup receives, is known to nobody afterwards; an event says so. Without the two switches nothing in
/// the TPM is lost. For administrators.
/// </remarks>
/// <example>
/// <code>Initialize-Tpm</code>
/// <para>Provisions the TPM and shows what is still needed.</para>
/// </example>
/// <example>
/// <code>Initialize-Tpm -AllowClear -AllowPhysicalPresence</code>
/// <para>Has a TPM cleared whose owner authorization nobody knows; a person confirms it at the next start.</para>
/// </example>
/// <seealso>Get-TpmProvisioningState</seealso>
/// <seealso>Get-Tpm</seealso>
[Cmdlet(VerbsData.Initialize, "Tpm", SupportsShouldProcess = true)]
[OutputType(typeof(ProvisioningState))]
public sealed class InitializeTpmCommand : TbsCmdlet
{
    /// <summary>
    /// Permits that the TPM is cleared where nothing else makes it usable: with the owner authorization that is stored, or,
    /// with -AllowPhysicalPresence, by the firmware. Every key and secret in it is lost then.
    /// </summary>
    [Parameter(Position = 0)]
    [Alias("c")]
    public SwitchParameter AllowClear { get; set; }

    /// <summary>
    /// Permits that the firmware is asked to enable the TPM (1.2), or with -AllowClear to clear it, which a person at the
    /// machine confirms at its next start. RestartRequired or ShutdownRequired say that it was asked.
    /// </summary>
    [Parameter(Position = 1)]
    [Alias("p")]
    public SwitchParameter AllowPhysicalPresence { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        string action = "Provision: set missing authorizations and keys";
        if (AllowClear) action += "; clear it where nothing else helps, and then every key and secret in it is lost";
        if (!Confirmed("TPM", action)) return;
        RpcParameters permissions = new()
        {
            ["allowClear"] = AllowClear.IsPresent,
            ["allowPhysicalPresence"] = AllowPhysicalPresence.IsPresent,
        };
        WriteObject(Call("tpm/initialize", permissions, ProvisioningState.Read));
    }
}
