function Clear-Tpm {
    <#
    .SYNOPSIS
        Clears the TPM.
    .DESCRIPTION
        Clears the owner of the TPM: every key and secret under its storage and endorsement hierarchies is lost for
        good, with all that they protect (sealed data, disk encryption keys, certificates), and the owner authorization
        is empty again. A TPM 1.2 is off until it is enabled with physical presence. For administrators.
    .PARAMETER OwnerAuthorization
        The owner authorization in force: base64 text as ConvertTo-TpmOwnerAuth gives, or a SecureString of it. Unless
        given, the one that the broker keeps is used. A wrong one is tried exactly once.
    .PARAMETER File
        An owner-password file (.tpm) that holds it.
    .PARAMETER Prompt
        Asks for the owner password, which is then in no history.
    .PARAMETER UsePPI
        Asks the firmware to clear it at the next start, which needs no owner authorization; RestartPending is true then.
    .EXAMPLE
        Clear-Tpm

        Clears the TPM with the owner authorization that is kept, after asking.
    .EXAMPLE
        Clear-Tpm -File ./owner.tpm -Confirm:$false

        Clears it with that of a file.
    .INPUTS
        System.String, System.Security.SecureString
    .OUTPUTS
        TpmTbs.Tpm
    .LINK
        Initialize-Tpm
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High', DefaultParameterSetName = 'OwnerAuthorization')]
    [OutputType('TpmTbs.Tpm')]
    param(
        [Parameter(Position = 0, ParameterSetName = 'OwnerAuthorization', ValueFromPipeline)]
        [Alias('o')]
        [ValidateNotNullOrEmpty()]
        $OwnerAuthorization,

        [Parameter(Mandatory, ParameterSetName = 'File')]
        [ValidateNotNullOrEmpty()]
        [string]$File,

        [Parameter(Mandatory, ParameterSetName = 'Prompt')]
        [switch]$Prompt,

        [Parameter(ParameterSetName = 'OwnerAuthorization')]
        [Alias('ppi')]
        [switch]$UsePPI
    )
    process {
        if (-not $PSCmdlet.ShouldProcess('TPM', 'Clear: every key and secret in it, and all that they protect, is lost for good')) { return }
        if ($UsePPI) { [void](Request-TpmPhysicalPresence -Operation 5 -Confirm:$false) }
        else {
            $auth = Resolve-TpmOwnerAuth $PSCmdlet $OwnerAuthorization $File $Prompt
            [void](Invoke-TbsRpc $PSCmdlet 'tpm/clear' (Get-TpmAuthParameter $auth))
        }
        Invoke-TbsRpc $PSCmdlet 'tpm/get'
    }
}
