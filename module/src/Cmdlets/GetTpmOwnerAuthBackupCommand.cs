using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Shows the state of the backup to AD DS.</summary>
/// <remarks>
/// Shows whether the backup is off, optional or required, whether a value still waits for it, its last success with server
/// and target, and its last failure with the reason. For administrators.
/// </remarks>
/// <example>
/// <code>Get-TpmOwnerAuthBackup</code>
/// <para>Shows it.</para>
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
