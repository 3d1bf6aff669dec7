using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Clears the TPM.</summary>
/// <remarks>
/// Destroys every key and secret under the TPM's storage and endorsement hierarchies, with everything that they protect
/// (sealed data, disk encryption keys, certificates). The owner authorization becomes empty. A TPM 1.2 is then off until
/// somebody enables it with physical presence. For administrators.
/// </remarks>
/// <example>
/// <code>Clear-Tpm</code>
/// <para>Clears the TPM with the stored owner authorization, after asking.</para>
/// </example>
/// <example>
/// <code>Clear-Tpm -File ./owner.tpm -Confirm:$false</code>
/// <para>Clears it with the owner authorization in a file.</para>
/// </example>
/// <seealso>Initialize-Tpm</seealso>
[Cmdlet(VerbsCommon.Clear, "Tpm", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = "OwnerAuthorization")]
[OutputType(typeof(Tpm))]
public sealed class ClearTpmCommand : OwnerAuthCmdlet
{
    private const string Action = "Clear: every key and secret in it, and all that they protect, is lost for good";

    /// <summary>The physical presence operation that clears.</summary>
    private const int ClearOperation = 5;

    /// <summary>
    /// The current owner authorization: base64 text from ConvertTo-TpmOwnerAuth, or a SecureString of it. Default: the
    /// one that the broker stores. The broker tries a wrong value exactly once.
    /// </summary>
    [Parameter(Position = 0, ParameterSetName = "OwnerAuthorization", ValueFromPipeline = true)]
    [Alias("o")]
    [ValidateNotNullOrEmpty]
    public object? OwnerAuthorization { get; set; }

    /// <summary>Asks the firmware to clear the TPM at the next boot, which needs no owner authorization; RestartPending is then true.</summary>
    [Parameter(ParameterSetName = "OwnerAuthorization")]
    [Alias("ppi")]
    public SwitchParameter UsePPI { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (!Confirmed("TPM", Action)) return;
        if (UsePPI) Call("physicalPresence/request", new RpcParameters { ["operation"] = ClearOperation });
        else Call("tpm/clear", new RpcParameters { ["ownerAuth"] = OwnerAuth(OwnerAuthorization, Action) });
        WriteObject(Call("tpm/get", Tpm.Read));
    }
}
