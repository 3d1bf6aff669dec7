using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Backs the owner authorization up to AD DS.</summary>
/// <remarks>
/// Writes the owner authorization to the directory now: the value that an earlier change left pending, the value given, or
/// the one that is stored. For administrators.
/// </remarks>
/// <example>
/// <code>Backup-TpmOwnerAuth</code>
/// <para>Backs up the stored value.</para>
/// </example>
/// <example>
/// <code>Backup-TpmOwnerAuth -File ./owner.tpm</code>
/// <para>Backs up the value of a file, after one try on the TPM.</para>
/// </example>
/// <seealso>Test-TpmOwnerAuthBackup</seealso>
/// <seealso>Get-TpmOwnerAuthBackup</seealso>
[Cmdlet(VerbsData.Backup, "TpmOwnerAuth", SupportsShouldProcess = true, DefaultParameterSetName = "OwnerAuthorization")]
[OutputType(typeof(OwnerAuthBackup))]
public sealed class BackupTpmOwnerAuthCommand : OwnerAuthCmdlet
{
    private const string Action = "Back up to AD DS";

    /// <summary>
    /// The owner authorization in force: base64 text as ConvertTo-TpmOwnerAuth gives, or a SecureString of it. Unless given,
    /// the one that the broker stores is used. A wrong one is tried exactly once.
    /// </summary>
    [Parameter(Position = 0, ParameterSetName = "OwnerAuthorization")]
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
