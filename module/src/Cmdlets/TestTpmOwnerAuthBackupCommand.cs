using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Tests whether the owner authorization can be backed up to AD DS.</summary>
/// <remarks>
/// Connects to the directory, signs in, checks schema and rights, and changes nothing. Returns the server and where the value
/// would be written. An error names the problem in Details.Reason: notJoined, noServer, wrongCredentials, schemaMissing,
/// noRight, timeout, tls or clockSkew. For administrators.
/// </remarks>
/// <example>
/// <code>Test-TpmOwnerAuthBackup</code>
/// <para>Tests the connection to the directory and the rights in it.</para>
/// </example>
/// <example>
/// <code>try { Test-TpmOwnerAuthBackup } catch [TpmTbs.TbsException] { $_.Exception.Details.Reason }</code>
/// <para>Gives the reason why there can be no backup.</para>
/// </example>
/// <seealso>Backup-TpmOwnerAuth</seealso>
[Cmdlet(VerbsDiagnostic.Test, "TpmOwnerAuthBackup")]
[OutputType(typeof(OwnerAuthBackupCheck))]
public sealed class TestTpmOwnerAuthBackupCommand : TbsCmdlet
{
    /// <inheritdoc/>
    protected override void Process() => WriteObject(Call("ownerAuthBackup/test", OwnerAuthBackupCheck.Read));
}
