using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Tests whether the owner authorization can be backed up to AD DS.</summary>
/// <remarks>
/// Connects to the directory, signs in, and checks schema and rights without changing anything. Returns the server and
/// where the value would be written. An error names the problem in Details.Reason: notJoined, noServer,
/// wrongCredentials, schemaMissing, noRight, timeout, tls or clockSkew. For administrators.
/// </remarks>
/// <example>
/// <code>Test-TpmOwnerAuthBackup</code>
/// <para>Tests the connection to the directory and the rights in it.</para>
/// </example>
/// <example>
/// <code>try { Test-TpmOwnerAuthBackup } catch [TpmTbs.TbsException] { $_.Exception.Details.Reason }</code>
/// <para>Returns the reason why the backup would fail.</para>
/// </example>
/// <seealso>Backup-TpmOwnerAuth</seealso>
[Cmdlet(VerbsDiagnostic.Test, "TpmOwnerAuthBackup")]
[OutputType(typeof(OwnerAuthBackupCheck))]
public sealed class TestTpmOwnerAuthBackupCommand : TbsCmdlet
{
    /// <inheritdoc/>
    protected override void Process() => WriteObject(Call("ownerAuthBackup/test", OwnerAuthBackupCheck.Read));
}
