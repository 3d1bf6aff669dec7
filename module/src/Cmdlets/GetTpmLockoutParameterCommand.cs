using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Shows the parameters of the TPM's own lockout.</summary>
/// <remarks>
/// Shows after how many failed tries the TPM locks, after how many seconds it forgets one try, and how long it rejects
/// the owner after a wrong lockout authorization. A value that the TPM does not report is empty.
/// </remarks>
/// <example>
/// <code>Get-TpmLockoutParameter</code>
/// <para>Shows the parameters.</para>
/// </example>
/// <example>
/// <code>(Get-TpmLockoutParameter).FailedTries</code>
/// <para>Shows how many failures the TPM has counted.</para>
/// </example>
/// <seealso>Set-TpmLockoutParameter</seealso>
/// <seealso>Get-Tpm</seealso>
[Cmdlet(VerbsCommon.Get, "TpmLockoutParameter")]
[OutputType(typeof(LockoutParameter))]
public sealed class GetTpmLockoutParameterCommand : TbsCmdlet
{
    /// <inheritdoc/>
    protected override void Process() => WriteObject(Call("tpmLockoutParameters/get", LockoutParameter.Read));
}
