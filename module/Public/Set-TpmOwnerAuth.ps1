function Set-TpmOwnerAuth {
    <#
    .SYNOPSIS
        Changes the owner authorization of the TPM.
    .DESCRIPTION
        Replaces the owner authorization: the owner's secret of a TPM 1.2, the lockout authorization of a TPM 2.0. Where
        policy requires a backup to AD DS, the directory has the new value before the TPM changes, or nothing changes.
        What is kept on the machine follows the level in force. Gives the TPM as Get-Tpm does, with Kept and Backup: what
        became of the new value. For administrators.
    .PARAMETER OwnerAuthorization
        The owner authorization in force: base64 text as ConvertTo-TpmOwnerAuth gives, or a SecureString of it. Unless
        given, the one that the broker keeps is used. A wrong one is tried exactly once.
    .PARAMETER File
        An owner-password file (.tpm) that holds it.
    .PARAMETER Prompt
        Asks for the owner password, which is then in no history.
    .PARAMETER NewOwnerAuthorization
        The new value: base64 text as ConvertTo-TpmOwnerAuth gives, or a SecureString of it.
    .PARAMETER NewFile
        An owner-password file (.tpm) that holds the new value.
    .EXAMPLE
        Set-TpmOwnerAuth -NewOwnerAuthorization (ConvertTo-TpmOwnerAuth (Read-Host 'New owner password' -AsSecureString))

        Sets a new owner password, with the one that is kept.
    .EXAMPLE
        Set-TpmOwnerAuth -File ./old.tpm -NewFile ./new.tpm

        Takes both from files.
    .INPUTS
        System.String, System.Security.SecureString
    .OUTPUTS
        TpmTbs.OwnerAuthChange
    .LINK
        ConvertTo-TpmOwnerAuth
    .LINK
        Get-TpmOwnerAuthBackup
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium', DefaultParameterSetName = 'AuthNewAuth')]
    [OutputType('TpmTbs.OwnerAuthChange')]
    param(
        [Parameter(Position = 0, ParameterSetName = 'AuthNewAuth')]
        [Parameter(Position = 0, ParameterSetName = 'AuthNewFile')]
        [Alias('o')]
        [ValidateNotNullOrEmpty()]
        $OwnerAuthorization,

        [Parameter(Mandatory, ParameterSetName = 'FileNewAuth')]
        [Parameter(Mandatory, ParameterSetName = 'FileNewFile')]
        [ValidateNotNullOrEmpty()]
        [string]$File,

        [Parameter(Mandatory, ParameterSetName = 'PromptNewAuth')]
        [Parameter(Mandatory, ParameterSetName = 'PromptNewFile')]
        [switch]$Prompt,

        [Parameter(Mandatory, ParameterSetName = 'AuthNewAuth', ValueFromPipeline)]
        [Parameter(Mandatory, ParameterSetName = 'FileNewAuth', ValueFromPipeline)]
        [Parameter(Mandatory, ParameterSetName = 'PromptNewAuth', ValueFromPipeline)]
        [Alias('no')]
        [ValidateNotNullOrEmpty()]
        $NewOwnerAuthorization,

        [Parameter(Mandatory, ParameterSetName = 'AuthNewFile')]
        [Parameter(Mandatory, ParameterSetName = 'FileNewFile')]
        [Parameter(Mandatory, ParameterSetName = 'PromptNewFile')]
        [Alias('nf')]
        [ValidateNotNullOrEmpty()]
        [string]$NewFile
    )
    process {
        if (-not $PSCmdlet.ShouldProcess('owner authorization', 'Change')) { return }
        $auth = Resolve-TpmOwnerAuth $PSCmdlet $OwnerAuthorization $File $Prompt
        $parameters = Get-TpmAuthParameter $auth
        $parameters.newOwnerAuth = Resolve-TpmOwnerAuth $PSCmdlet $NewOwnerAuthorization $NewFile $false
        $change = Invoke-TbsRpc $PSCmdlet 'ownerAuth/set' $parameters
        # The TPM as Windows gives it, and what became of the value.
        $tpm = Invoke-TbsRpc $PSCmdlet 'tpm/get'
        $tpm.PSObject.TypeNames.Insert(0, 'TpmTbs.OwnerAuthChange')
        foreach ($name in 'Kept', 'Backup') { $tpm.PSObject.Properties.Add([psnoteproperty]::new($name, $change.$name)) }
        $tpm
    }
}
