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
        $Value,

        [Parameter(Mandatory, ParameterSetName = 'Setting')]
        [hashtable]$Setting,

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
        $values = @{}
        if ($wanted -is [System.Collections.IDictionary]) { foreach ($key in $wanted.Keys) { $values["$key"] = $wanted[$key] } }
        else { foreach ($property in $wanted.PSObject.Properties) { $values[$property.Name] = $property.Value } }
        $removed = @(foreach ($key in $values.Keys) { if ($null -eq $values[$key]) { $key } })
        $planned = Invoke-TbsRpc $PSCmdlet 'policy/set' @{ settings = $values; dryRun = $true } $values PerObject
        foreach ($difference in $planned.Differences) {
            if ($removed -contains $difference.Name) { continue }
            $change = "Set $(Show-TbsPolicyValue $difference.Desired) (now $(Show-TbsPolicyValue $difference.Current), from $($difference.Source))"
            if ($PSCmdlet.ShouldProcess($difference.Name, $change)) {
                $one = @{ ($difference.Name) = $values[$difference.Name] }
                (Invoke-TbsRpc $PSCmdlet 'policy/set' @{ settings = $one } $difference.Name PerObject).Differences
            }
        }
        foreach ($key in $removed) {
            $before = foreach ($state in $planned.Settings) { if ($state.Name -eq $key) { $state } }
            # Only what a policy file sets can be taken out of one.
            if ($before.SourceKind -ne 'policyFile') { continue }
            if ($PSCmdlet.ShouldProcess($key, "Take out of the local policy file (now $(Show-TbsPolicyValue $before.Value), from $($before.Source))")) {
                $after = Invoke-TbsRpc $PSCmdlet 'policy/set' @{ settings = @{ $key = $null } } $key PerObject
                foreach ($state in $after.Settings) {
                    if ($state.Name -ne $key -or $state.Source -eq $before.Source) { continue }
                    [pscustomobject]@{ PSTypeName = 'TpmTbs.PolicyDifference'; Name = $key; Current = $before.Value; Desired = $state.Value; Source = $before.Source }
                }
            }
        }
    }
}
