using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Sets the parameters of the TPM's own lockout.</summary>
/// <remarks>
/// Sets what is given and leaves the rest (TPM 2.0). MaxTries should be above the policy's total threshold, or users can lock
/// the TPM before the broker stops them. For administrators.
/// </remarks>
/// <example>
/// <code>Set-TpmLockoutParameter -MaxTries 32 -RecoveryTimeSeconds 600</code>
/// <para>Sets what Windows sets.</para>
/// </example>
/// <example>
/// <code>Set-TpmLockoutParameter -MaxTries 32 -WhatIf</code>
/// <para>Changes nothing.</para>
/// </example>
/// <seealso>Get-TpmLockoutParameter</seealso>
[Cmdlet(VerbsCommon.Set, "TpmLockoutParameter", SupportsShouldProcess = true, DefaultParameterSetName = "OwnerAuthorization")]
[OutputType(typeof(LockoutParameter))]
public sealed class SetTpmLockoutParameterCommand : OwnerAuthCmdlet
{
    private const string Action = "Set the parameters of its lockout";

    /// <summary>Failed tries until the TPM locks itself.</summary>
    [Parameter]
    [ValidateRange(1u, uint.MaxValue)]
    public uint? MaxTries { get; set; }

    /// <summary>Seconds after which the TPM forgets one failed try.</summary>
    [Parameter]
    [Alias("RecoverySeconds")]
    public uint? RecoveryTimeSeconds { get; set; }

    /// <summary>Seconds for which the TPM refuses the owner after a wrong lockout authorization; 0: until it is reset.</summary>
    [Parameter]
    public uint? LockoutRecoverySeconds { get; set; }

    /// <summary>
    /// The owner authorization in force: base64 text as ConvertTo-TpmOwnerAuth gives, or a SecureString of it. Unless given,
    /// the one that the broker stores is used. A wrong one is tried exactly once.
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
