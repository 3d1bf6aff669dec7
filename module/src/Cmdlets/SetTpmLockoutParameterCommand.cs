using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Sets the parameters of the TPM's own lockout.</summary>
/// <remarks>
/// Sets the given parameters and leaves the others unchanged (TPM 2.0). MaxTries should be above the policy's total
/// threshold, or users can lock the TPM before the broker locks them out. For administrators.
/// </remarks>
/// <example>
/// <code>Set-TpmLockoutParameter -MaxTries 32 -RecoveryTimeSeconds 600</code>
/// <para>Sets the values that Windows uses.</para>
/// </example>
/// <example>
/// <code>Set-TpmLockoutParameter -MaxTries 32 -WhatIf</code>
/// <para>Shows what would change, without changing it.</para>
/// </example>
/// <example>
/// <code>Get-TpmLockoutParameter | Set-TpmLockoutParameter -WhatIf</code>
/// <para>Sets the values of an object, such as one that Export-Clixml stored earlier.</para>
/// </example>
/// <seealso>Get-TpmLockoutParameter</seealso>
[Cmdlet(VerbsCommon.Set, "TpmLockoutParameter", SupportsShouldProcess = true, DefaultParameterSetName = "OwnerAuthorization")]
[OutputType(typeof(LockoutParameter))]
public sealed class SetTpmLockoutParameterCommand : OwnerAuthCmdlet
{
    private const string Action = "Set the parameters of its lockout";

    /// <summary>Failed tries after which the TPM locks.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(1u, uint.MaxValue)]
    public uint? MaxTries { get; set; }

    /// <summary>Seconds after which the TPM forgets one failed try.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("RecoverySeconds")]
    public uint? RecoveryTimeSeconds { get; set; }

    /// <summary>Seconds for which the TPM rejects the owner after a wrong lockout authorization; 0: until it is reset.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public uint? LockoutRecoverySeconds { get; set; }

    /// <summary>
    /// The current owner authorization: base64 text from ConvertTo-TpmOwnerAuth, or a SecureString of it. Default: the
    /// one that the broker stores. The broker tries a wrong value exactly once.
    /// </summary>
    [Parameter(ParameterSetName = "OwnerAuthorization")]
    [ValidateNotNullOrEmpty]
    public object? OwnerAuthorization { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (!Confirmed("TPM", Action)) return;
        RpcParameters parameters = new()
        {
            ["ownerAuth"] = OwnerAuth(OwnerAuthorization, Action),
            ["maxTries"] = MaxTries,
            ["recoverySeconds"] = RecoveryTimeSeconds,
            ["lockoutRecoverySeconds"] = LockoutRecoverySeconds,
        };
        WriteObject(Call("tpmLockoutParameters/set", parameters, LockoutParameter.Read));
    }
}
