function Import-TbsPolicy {
    <#
    .SYNOPSIS
        Makes a Registry.pol file a source of the broker's policy.
    .DESCRIPTION
        Reads a Registry.pol (PReg), as Group Policy delivers it, and gives it to the broker, which checks it and keeps it.
        A damaged file is refused and changes nothing. Gives the settings that then come from such files. For
        administrators.
    .PARAMETER Path
        The Registry.pol file.
    .EXAMPLE
        Import-TbsPolicy -Path ./Registry.pol

        Puts its settings in force and shows them.
    .INPUTS
        Objects with a property Path or FullName
    .OUTPUTS
        TpmTbs.PolicySetting
    .LINK
        Get-TbsPolicy
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType('TpmTbs.PolicySetting')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [Alias('FullName')]
        [ValidateNotNullOrEmpty()]
        [string]$Path
    )
    process {
        $bytes = Read-TbsFile $PSCmdlet $Path
        if ($bytes -is [System.Management.Automation.ErrorRecord]) {
            $PSCmdlet.WriteError($bytes)
            return
        }
        if (-not $PSCmdlet.ShouldProcess($Path, 'Import as a source of policy')) { return }
        $state = Invoke-TbsRpc $PSCmdlet 'policy/import' @{ registryPol = [System.Convert]::ToBase64String($bytes) } $Path PerObject
        if ($state) { foreach ($setting in (Add-TbsPolicyProblem $state)) { if ($setting.SourceKind -eq 'registryPol') { $setting } } }
    }
}
