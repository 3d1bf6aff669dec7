function Get-TbsPolicy {
    <#
    .SYNOPSIS
        Shows the policy in force, each setting with where it comes from.
    .DESCRIPTION
        Gives one object a setting: its value, its source (default, configuration, a policy.d file, a Registry.pol or the
        registry) and the problems that were found with it. With -Problem it gives everything that was ignored, clamped
        or refused in the sources.
    .PARAMETER Name
        Only settings whose name matches; wildcards are allowed.
    .PARAMETER Problem
        Gives the problems of the sources in place of the settings.
    .EXAMPLE
        Get-TbsPolicy

        Shows all settings with their sources.
    .EXAMPLE
        Get-TbsPolicy standardUser*

        Shows the lockout settings.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.PolicySetting, or with -Problem TpmTbs.PolicyProblem
    .LINK
        Set-TbsPolicy
    #>
    [CmdletBinding(DefaultParameterSetName = 'Setting')]
    [OutputType('TpmTbs.PolicySetting', 'TpmTbs.PolicyProblem')]
    param(
        [Parameter(Position = 0, ParameterSetName = 'Setting')]
        [ArgumentCompleter({ & (Get-Module TpmTbs) { Complete-TbsSetting $args[0] } $args[2] })]
        [string[]]$Name = '*',

        [Parameter(Mandatory, ParameterSetName = 'Problem')]
        [switch]$Problem
    )
    $state = Invoke-TbsRpc $PSCmdlet 'policy/get'
    if ($Problem) { return $state.Problems }
    $settings = @(Add-TbsPolicyProblem $state)
    foreach ($pattern in $Name) {
        $matching = foreach ($setting in $settings) { if ($setting.Name -like $pattern) { $setting } }
        $matching
        if (-not $matching -and -not [System.Management.Automation.WildcardPattern]::ContainsWildcardCharacters($pattern)) {
            $PSCmdlet.WriteError((New-TbsErrorRecord 'TBS_E_BAD_PARAMETER' "There is no setting '$pattern'." `
                        'Get-TbsPolicy without parameters shows all settings.' $pattern))
        }
    }
}
