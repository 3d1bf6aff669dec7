function Set-TpmLockoutParameter {
    <#
    .SYNOPSIS
        Sets the parameters of the TPM's own lockout.
    .DESCRIPTION
        Sets what is given and leaves the rest (TPM 2.0). MaxTries should be above the policy's total threshold, or
        users can lock the TPM before the broker stops them. For administrators.
    .PARAMETER MaxTries
        Failed tries until the TPM locks itself.
    .PARAMETER RecoveryTimeSeconds
        Seconds after which the TPM forgets one failed try.
    .PARAMETER LockoutRecoverySeconds
        Seconds for which the TPM refuses the owner after a wrong lockout authorization; 0: until it is reset.
    .PARAMETER OwnerAuthorization
        The owner authorization in force: base64 text as ConvertTo-TpmOwnerAuth gives, or a SecureString of it. Unless
        given, the one that the broker keeps is used. A wrong one is tried exactly once.
    .PARAMETER File
        An owner-password file (.tpm) that holds it.
    .PARAMETER Prompt
        Asks for the owner password, which is then in no history.
    .EXAMPLE
        Set-TpmLockoutParameter -MaxTries 32 -RecoveryTimeSeconds 600

        Sets what Windows sets.
    .EXAMPLE
        Set-TpmLockoutParameter -MaxTries 32 -WhatIf

        Changes nothing.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.LockoutParameter
    .LINK
        Get-TpmLockoutParameter
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium', DefaultParameterSetName = 'OwnerAuthorization')]
    [OutputType('TpmTbs.LockoutParameter')]
    param(
        [ValidateRange(1, 4294967295)]
        [uint32]$MaxTries,

        [Alias('RecoverySeconds')]
        [uint32]$RecoveryTimeSeconds,

        [uint32]$LockoutRecoverySeconds,

        [Parameter(ParameterSetName = 'OwnerAuthorization')]
        [ValidateNotNullOrEmpty()]
        $OwnerAuthorization,

        [Parameter(Mandatory, ParameterSetName = 'File')]
        [ValidateNotNullOrEmpty()]
        [string]$File,

        [Parameter(Mandatory, ParameterSetName = 'Prompt')]
        [switch]$Prompt
    )
    if (-not $PSCmdlet.ShouldProcess('TPM', 'Set the parameters of its lockout')) { return }
    $auth = Resolve-TpmOwnerAuth $PSCmdlet $OwnerAuthorization $File $Prompt
    $parameters = Get-TpmAuthParameter $auth
    if ($PSBoundParameters.ContainsKey('MaxTries')) { $parameters.maxTries = $MaxTries }
    if ($PSBoundParameters.ContainsKey('RecoveryTimeSeconds')) { $parameters.recoverySeconds = $RecoveryTimeSeconds }
    if ($PSBoundParameters.ContainsKey('LockoutRecoverySeconds')) { $parameters.lockoutRecoverySeconds = $LockoutRecoverySeconds }
    Invoke-TbsRpc $PSCmdlet 'tpmLockoutParameters/set' $parameters
}
