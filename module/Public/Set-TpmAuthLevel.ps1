function Set-TpmAuthLevel {
    <#
    .SYNOPSIS
        Sets the level of owner authorization that is kept on this machine.
    .DESCRIPTION
        Changes the local setting. A level that policy sets cannot be changed here: the error names the policy's source.
        For administrators. From Full to Delegated a new owner authorization is made; where it is not backed up to
        AD DS, -NewFile keeps it or -Force gives it up.
    .PARAMETER Level
        None keeps nothing, Delegated only delegated material, Full the full owner authorization, LockoutOnly (5, TPM 2.0)
        the lockout authorization. The numbers 0, 2, 4 and 5 are accepted too.
    .PARAMETER NewFile
        The file that receives a new owner authorization.
    .PARAMETER Force
        Goes on although a new owner authorization will be kept nowhere.
    .EXAMPLE
        Set-TpmAuthLevel -Level Delegated -NewFile /root/owner.tpm

        Keeps only delegated authorization on the machine, and the owner's in a file.
    .EXAMPLE
        Set-TpmAuthLevel None -WhatIf

        Tells what would change.
    .INPUTS
        Objects with a property Level
    .OUTPUTS
        TpmTbs.AuthLevel
    .LINK
        Get-TpmAuthLevel
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('TpmTbs.AuthLevel')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [ValidateSet('None', 'Delegated', 'Full', 'LockoutOnly', '0', '2', '4', '5')]
        [string]$Level,

        [ValidateNotNullOrEmpty()]
        [string]$NewFile,

        [switch]$Force
    )
    process {
        if (-not $PSCmdlet.ShouldProcess('level of owner authorization', "Set to $Level")) { return }
        $number = @{ None = 0; Delegated = 2; Full = 4; LockoutOnly = 5 }[$Level]
        if ($null -eq $number) { $number = [int]$Level }
        $parameters = @{ level = $number; force = [bool]$Force }
        if ($NewFile) {
            # In the file, and on disk, before the TPM has it.
            $parameters.newOwnerAuth = New-TpmRandomOwnerAuth
            New-TpmOwnerAuthFile $PSCmdlet $NewFile $parameters.newOwnerAuth
        }
        # A cmdlet of its own: what a function throws by its own $PSCmdlet passes by its own catch.
        $change = {
            [CmdletBinding()] param([hashtable]$Parameters, [string]$Target)
            Invoke-TbsRpc $PSCmdlet 'authLevel/set' $Parameters $Target
        }
        try { & $change $parameters $Level }
        catch {
            # Refused before anything has changed: the value in the file is nobody's. After any other error the TPM may have it.
            $refusals = 'TBS_E_BAD_PARAMETER', 'TBS_E_ACCESS_DENIED', 'TBS_E_PROVISIONING_NOT_ALLOWED',
            'TBS_E_PROVISIONING_INCOMPLETE', 'TPM_20_E_LOCKOUT', 'TPM_E_DEFEND_LOCK_RUNNING'
            if ($NewFile -and $_.Exception.Symbol -in $refusals) {
                [System.IO.File]::Delete($PSCmdlet.GetUnresolvedProviderPathFromPSPath($NewFile))
            }
            $PSCmdlet.ThrowTerminatingError([System.Management.Automation.ErrorRecord]::new(
                    $_.Exception, $_.FullyQualifiedErrorId.Split(',')[0], $_.CategoryInfo.Category, $_.TargetObject))
        }
    }
}
