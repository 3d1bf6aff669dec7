# Policy as the policy cmdlets read and show it.

# The settings of a JSON file in the form of policy.d, or an ErrorRecord that says what is wrong with it.
function Read-TbsPolicyFile($Cmdlet, [string]$Path) {
    try {
        $file = $Cmdlet.GetUnresolvedProviderPathFromPSPath($Path)
        $settings = ConvertFrom-TbsJson ([System.IO.File]::ReadAllText($file)) $null $true
    }
    catch { return New-TbsFileRecord $Path $_.Exception }
    if ($settings -isnot [System.Management.Automation.PSCustomObject]) {
        return New-TbsErrorRecord 'TBS_E_BAD_PARAMETER' "'$Path' holds no policy: a policy is a JSON object of settings." `
            'Export-TbsPolicy writes such a file.' $Path
    }
    # The schema's address is for editors.
    $settings.PSObject.Properties.Remove('$schema')
    $settings
}

function New-TbsFileRecord([string]$Path, $Exception) {
    while ($Exception.InnerException) { $Exception = $Exception.InnerException }
    New-TbsErrorRecord 'TBS_E_BAD_PARAMETER' "'$Path' cannot be used: $($Exception.Message)" 'Correct the path, the file or the access to it.' $Path
}

function Show-TbsPolicyValue($Value) {
    if ($null -eq $Value) { return '(not set)' }
    if ($Value -is [string] -or $Value -is [ValueType]) { return "$Value" }
    ConvertTo-TbsJson $Value
}

# Each setting with the problems that its sources had with it.
function Add-TbsPolicyProblem($State) {
    foreach ($setting in $State.Settings) {
        $messages = foreach ($problem in $State.Problems) { if ($problem.Setting -eq $setting.Name) { $problem.Message } }
        $setting.PSObject.Properties.Add([psnoteproperty]::new('Problems', [string[]]@($messages)))
        $setting
    }
}
