using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Opens the storage and endorsement hierarchies of a TPM 2.0.</summary>
/// <remarks>
/// Gives both hierarchies an empty authorization again, as clevis, systemd-cryptenroll, tpm2-pkcs11, FAPI and other TPM
/// programs expect, using the authorizations that this machine stores. Undoes Initialize-Tpm -CloseHierarchies, and
/// opens hierarchies that an earlier version of the broker closed. The broker refuses this while policy
/// (closeHierarchies) requires closed hierarchies. Returns the steps that are still needed, with the state of each
/// hierarchy. For administrators.
/// </remarks>
/// <example>
/// <code>Open-TpmHierarchy</code>
/// <para>Opens both with the stored authorizations.</para>
/// </example>
/// <example>
/// <code>Open-TpmHierarchy -StorageAuthorization (Read-Host 'Storage authorization' -AsSecureString)</code>
/// <para>Opens a storage hierarchy that somebody else closed, with its authorization in base64.</para>
/// </example>
/// <seealso>Initialize-Tpm</seealso>
/// <seealso>Get-TpmProvisioningState</seealso>
[Cmdlet(VerbsCommon.Open, "TpmHierarchy", SupportsShouldProcess = true)]
[OutputType(typeof(ProvisioningState))]
public sealed class OpenTpmHierarchyCommand : TbsCmdlet
{
    /// <summary>
    /// The current authorization of the storage hierarchy: base64 text, or a SecureString of it. Needed only if this
    /// machine does not store it.
    /// </summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public object? StorageAuthorization { get; set; }

    /// <summary>The same for the endorsement hierarchy.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public object? EndorsementAuthorization { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (!Confirmed("TPM", "Open the storage and endorsement hierarchies: give them the empty authorization")) return;
        RpcParameters authorizations = new();
        if (StorageAuthorization is not null)
        {
            authorizations["storageAuth"] = OwnerAuthInput.FromParameter(StorageAuthorization, "storage authorization");
        }
        if (EndorsementAuthorization is not null)
        {
            authorizations["endorsementAuth"] = OwnerAuthInput.FromParameter(EndorsementAuthorization, "endorsement authorization");
        }
        WriteObject(Call("tpm/openHierarchies", authorizations, ProvisioningState.Read));
    }
}
