# Policy as the policy cmdlets read and show it.

# The settings of a JSON file in the form of policy.d, or an ErrorRecord that says what is wrong with it.
function Read-TbsPolicyFile($Cmdlet, [string]$Path) {
    $bytes = Read-TbsFile $Cmdlet $Path
    if ($bytes -is [System.Management.Automation.ErrorRecord]) { return $bytes }
    try { $settings = ConvertFrom-TbsJsonFile ([System.Text.UTF8Encoding]::new().GetString($bytes)) }
    catch { return New-TbsFileRecord $Path ([System.FormatException]::new("It is not JSON. $($_.Exception.GetBaseException().Message)")) }
    if ($settings -isnot [System.Management.Automation.PSCustomObject]) {
        return New-TbsErrorRecord 'TBS_E_BAD_PARAMETER' "'$Path' holds no policy: a policy is a JSON object of settings." `
            'Export-TbsPolicy writes such a file.' $Path
    }
    # The schema's address is for editors.
    $settings.PSObject.Properties.Remove('$schema')
    $settings
}

# A file's bytes, or an ErrorRecord. What is caught still shows in -ErrorVariable, so a missing file is looked for first.
function Read-TbsFile($Cmdlet, [string]$Path) {
    $file = $Cmdlet.GetUnresolvedProviderPathFromPSPath($Path)
    if (-not [System.IO.File]::Exists($file)) { return New-TbsFileRecord $Path ([System.IO.FileNotFoundException]::new('There is no such file.')) }
    try { , [System.IO.File]::ReadAllBytes($file) } catch { New-TbsFileRecord $Path $_.Exception }
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
