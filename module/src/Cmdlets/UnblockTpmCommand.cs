using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Resets the lockout of the TPM.</summary>
/// <remarks>
/// Resets the TPM's own dictionary-attack protection and then clears the authorization failures of standard users.
/// While the TPM is locked out, a wrong owner authorization prevents another reset for the whole recovery time, so the
/// broker tries it exactly once. For administrators.
/// </remarks>
/// <example>
/// <code>Unblock-Tpm</code>
/// <para>Resets it with the stored owner authorization.</para>
/// </example>
/// <example>
/// <code>Unblock-Tpm -Prompt</code>
/// <para>Asks for the owner password.</para>
/// </example>
/// <seealso>Get-Tpm</seealso>
/// <seealso>Reset-TbsLockout</seealso>
[Cmdlet(VerbsSecurity.Unblock, "Tpm", SupportsShouldProcess = true, DefaultParameterSetName = "OwnerAuthorization")]
[OutputType(typeof(Tpm))]
public sealed class UnblockTpmCommand : OwnerAuthCmdlet
{
    private const string Action = "Reset the lockout";

    /// <summary>
    /// The current owner authorization: base64 text from ConvertTo-TpmOwnerAuth, or a SecureString of it. Default: the
    /// one that the broker stores. The broker tries a wrong value exactly once.
    /// </summary>
    [Parameter(Position = 0, ParameterSetName = "OwnerAuthorization", ValueFromPipeline = true)]
    [Alias("o")]
    [ValidateNotNullOrEmpty]
    public object? OwnerAuthorization { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (!Confirmed("TPM", Action)) return;
        Call("tpm/unblock", new RpcParameters { ["ownerAuth"] = OwnerAuth(OwnerAuthorization, Action) });
        WriteObject(Call("tpm/get", Tpm.Read));
    }
}
