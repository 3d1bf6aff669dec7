using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Provisions the TPM.</summary>
/// <remarks>
/// Does what is still missing: endorsement key, storage root key, owner authorization, dictionary-attack parameters. Every
/// step can be repeated. Returns what is still needed afterwards. An owner authorization that the level in force does not
/// store, and that no backup receives, is known to nobody afterwards; an event says so. Without -AllowClear nothing in the TPM
/// is lost. The storage and endorsement hierarchies of a TPM 2.0 stay open unless -CloseHierarchies or policy has them closed;
/// then a warning says before which programs stop working. For administrators.
/// </remarks>
/// <example>
/// <code>Initialize-Tpm</code>
/// <para>Provisions the TPM and shows what is still needed.</para>
/// </example>
/// <example>
/// <code>Initialize-Tpm -AllowClear -AllowPhysicalPresence</code>
/// <para>Has a TPM cleared whose owner authorization nobody knows; a person confirms it at the next start.</para>
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

    /// <summary>
    /// Gives the storage and endorsement hierarchy of a TPM 2.0 a random authorization, which is stored. Programs that use
    /// the empty one, such as clevis and systemd-cryptenroll, stop working; Open-TpmHierarchy opens them again. Refused at a
    /// level that does not store the values.
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

    /// <summary>True where a hierarchy that is open now will be closed.</summary>
    private bool ClosesHierarchies(out bool byPolicy)
    {
        ProvisioningState before = Call("tpm/provisioning", ProvisioningState.Read);
        byPolicy = before.PolicyClosesHierarchies;
        bool anyOpen = before.StorageHierarchy == HierarchyState.Open || before.EndorsementHierarchy == HierarchyState.Open;
        return anyOpen && (CloseHierarchies || byPolicy);
    }
}
