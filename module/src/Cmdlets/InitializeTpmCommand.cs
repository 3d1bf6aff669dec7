using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Provisions the TPM.</summary>
/// <remarks>
/// Performs the provisioning steps that are still missing: endorsement key, storage root key, owner authorization,
/// dictionary-attack parameters. Every step can be repeated. Returns the steps that are still needed afterwards. If the
/// level in force does not store the new owner authorization and no backup receives it, nobody knows it afterwards; an
/// event says so. Without -AllowClear nothing in the TPM is lost. The storage and endorsement hierarchies of a TPM 2.0
/// stay open unless -CloseHierarchies or policy closes them; a warning then says first which programs will stop
/// working. For administrators.
/// </remarks>
/// <example>
/// <code>Initialize-Tpm</code>
/// <para>Provisions the TPM and shows what is still needed.</para>
/// </example>
/// <example>
/// <code>Initialize-Tpm -AllowClear -AllowPhysicalPresence</code>
/// <para>Clears a TPM whose owner authorization nobody knows; a person at the machine confirms it at the next
/// boot.</para>
/// </example>
/// <example>
/// <code>Initialize-Tpm -CloseHierarchies -WarningAction Inquire</code>
/// <para>Closes the hierarchies too, after a warning and a question.</para>
/// </example>
/// <seealso>Open-TpmHierarchy</seealso>
/// <seealso>Get-TpmProvisioningState</seealso>
/// <seealso>Get-Tpm</seealso>
[Cmdlet(VerbsData.Initialize, "Tpm", SupportsShouldProcess = true)]
[OutputType(typeof(ProvisioningState))]
public sealed class InitializeTpmCommand : TbsCmdlet
{
    /// <summary>
    /// Allows clearing the TPM if nothing else makes it usable: with the stored owner authorization or, with
    /// -AllowPhysicalPresence, by the firmware. Every key and secret in it is then lost.
    /// </summary>
    [Parameter(Position = 0)]
    [Alias("c")]
    public SwitchParameter AllowClear { get; set; }

    /// <summary>
    /// Allows asking the firmware to enable the TPM (1.2) or, with -AllowClear, to clear it, which a person at the
    /// machine confirms at its next boot. RestartRequired or ShutdownRequired show that the firmware was asked.
    /// </summary>
    [Parameter(Position = 1)]
    [Alias("p")]
    public SwitchParameter AllowPhysicalPresence { get; set; }

    /// <summary>
    /// Gives the storage and endorsement hierarchy of a TPM 2.0 a random authorization, which is stored. Programs that use
    /// the empty one, such as clevis and systemd-cryptenroll, stop working; Open-TpmHierarchy opens them again. The broker
    /// refuses this at a level that does not store the values.
    /// </summary>
    [Parameter]
    public SwitchParameter CloseHierarchies { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        string action = "Provision: set missing authorizations and keys";
        if (AllowClear) action += "; clear it where nothing else helps, and then every key and secret in it is lost";
        if (ClosesHierarchies(out bool byPolicy))
        {
            action += "; close the storage and endorsement hierarchies";
            WriteWarning((byPolicy ? "Policy (closeHierarchies) has the hierarchies closed. " : "") + ProvisioningState.ClosingStops);
        }
        if (!Confirmed("TPM", action)) return;
        RpcParameters permissions = new()
        {
            ["allowClear"] = AllowClear.IsPresent,
            ["allowPhysicalPresence"] = AllowPhysicalPresence.IsPresent,
            ["closeHierarchies"] = CloseHierarchies.IsPresent,
        };
        WriteObject(Call("tpm/initialize", permissions, ProvisioningState.Read));
    }

    /// <summary>Returns whether a hierarchy that is open now will be closed.</summary>
    private bool ClosesHierarchies(out bool byPolicy)
    {
        ProvisioningState before = Call("tpm/provisioning", ProvisioningState.Read);
        byPolicy = before.PolicyClosesHierarchies;
        bool anyOpen = before.StorageHierarchy == HierarchyState.Open || before.EndorsementHierarchy == HierarchyState.Open;
        return anyOpen && (CloseHierarchies || byPolicy);
    }
}
