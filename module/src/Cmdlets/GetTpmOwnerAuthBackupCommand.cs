using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Shows the state of the backup to AD DS.</summary>
/// <remarks>
/// Shows whether the backup is off, optional or required, whether a value is still waiting for backup, the last success
/// with server and target, and the last failure with its reason. For administrators.
/// </remarks>
/// <example>
/// <code>Get-TpmOwnerAuthBackup</code>
/// <para>Shows the state of the backup.</para>
/// </example>
/// <example>
/// <code>(Get-TpmOwnerAuthBackup).LastSuccess.Time</code>
/// <para>Shows when it last succeeded.</para>
/// </example>
/// <seealso>Backup-TpmOwnerAuth</seealso>
[Cmdlet(VerbsCommon.Get, "TpmOwnerAuthBackup")]
[OutputType(typeof(OwnerAuthBackup))]
public sealed class GetTpmOwnerAuthBackupCommand : TbsCmdlet
{
    /// <inheritdoc/>
    protected override void Process() => WriteObject(Call("ownerAuthBackup/get", OwnerAuthBackup.Read));
}
