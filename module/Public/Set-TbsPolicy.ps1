function Set-TbsPolicy {
    <#
    .SYNOPSIS
        Sets policy settings in the broker's local policy file.
    .DESCRIPTION
        Writes the settings that differ into the local policy file and gives the differences that it made; settings that
        are as wanted are left alone, so that it can be run again and again. -WhatIf shows the differences. Stronger
        sources, such as a Registry.pol from the domain, still win: the difference then names the source. For
        administrators.
    .PARAMETER Name
        The setting's name, as Get-TbsPolicy shows it.
    .PARAMETER Value
        Its value. $null takes the setting out of the local file, so that weaker sources decide.
    .PARAMETER Setting
        Several settings: a hashtable of names and values.
    .PARAMETER Path
        A JSON file of settings, in the form of Export-TbsPolicy.
    .EXAMPLE
        Set-TbsPolicy standardUserAuthorizationFailureDurationMinutes 60

        Failures count for an hour.
    .EXAMPLE
        Set-TbsPolicy -Path desired.json -WhatIf

        Shows what differs from the file.
    .INPUTS
        Objects with properties Name and Value
    .OUTPUTS
        TpmTbs.PolicyDifference
    .LINK
        Test-TbsPolicy
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium', DefaultParameterSetName = 'Name')]
    [OutputType('TpmTbs.PolicyDifference')]
    param(
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'Name', ValueFromPipelineByPropertyName)]
        [ArgumentCompleter({ & (Get-Module TpmTbs) { Complete-TbsSetting $args[0] } $args[2] })]
        [ValidateNotNullOrEmpty()]
        [string]$Name,

        [Parameter(Mandatory, Position = 1, ParameterSetName = 'Name', ValueFromPipelineByPropertyName)]
        [AllowNull()]
        [object]$Value,

        [Parameter(Mandatory, ParameterSetName = 'Setting')]
        [System.Collections.IDictionary]$Setting,

        [Parameter(Mandatory, ParameterSetName = 'Path')]
        [ValidateNotNullOrEmpty()]
        [string]$Path
    )
    process {
        $wanted = $Setting
        if ($PSCmdlet.ParameterSetName -eq 'Name') { $wanted = @{ $Name = $Value } }
        if ($PSCmdlet.ParameterSetName -eq 'Path') {
            $wanted = Read-TbsPolicyFile $PSCmdlet $Path
            if ($wanted -is [System.Management.Automation.ErrorRecord]) { $PSCmdlet.ThrowTerminatingError($wanted) }
        }
        $planned = Invoke-TbsRpc $PSCmdlet 'policy/set' @{ settings = $wanted; dryRun = $true } $wanted -PerObject
        foreach ($difference in $planned.Differences) {
            $change = "Set $(Show-TbsPolicyValue $difference.Desired) (now $(Show-TbsPolicyValue $difference.Current), from $($difference.Source))"
            if ($PSCmdlet.ShouldProcess($difference.Name, $change)) {
                $one = @{ ($difference.Name) = $difference.Desired }
                (Invoke-TbsRpc $PSCmdlet 'policy/set' @{ settings = $one } $difference.Name -PerObject).Differences
            }
        }
    }
}
