using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Backs up the owner authorization to AD DS.</summary>
/// <remarks>
/// Writes the owner authorization to the directory now: the value that an earlier change left pending, the given value,
/// or the stored one. For administrators.
/// </remarks>
/// <example>
/// <code>Backup-TpmOwnerAuth</code>
/// <para>Backs up the stored value.</para>
/// </example>
/// <example>
/// <code>Backup-TpmOwnerAuth -File ./owner.tpm</code>
/// <para>Backs up the value in a file, after trying it once on the TPM.</para>
/// </example>
/// <seealso>Test-TpmOwnerAuthBackup</seealso>
/// <seealso>Get-TpmOwnerAuthBackup</seealso>
[Cmdlet(VerbsData.Backup, "TpmOwnerAuth", SupportsShouldProcess = true, DefaultParameterSetName = "OwnerAuthorization")]
[OutputType(typeof(OwnerAuthBackup))]
public sealed class BackupTpmOwnerAuthCommand : OwnerAuthCmdlet
{
    private const string Action = "Back up to AD DS";

    /// <summary>
    /// The current owner authorization: base64 text from ConvertTo-TpmOwnerAuth, or a SecureString of it. Default: the
    /// one that the broker stores. The broker tries a wrong value exactly once.
    /// </summary>
    [Parameter(Position = 0, ParameterSetName = "OwnerAuthorization", ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public object? OwnerAuthorization { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (!Confirmed("owner authorization", Action)) return;
        RpcParameters parameters = new() { ["ownerAuth"] = OwnerAuth(OwnerAuthorization, Action) };
        WriteObject(Call("ownerAuthBackup/run", parameters, OwnerAuthBackup.Read));
    }
}
