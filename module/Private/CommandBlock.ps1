# What the command block cmdlets show of a command.

$script:ClassNames = @{ administrator = 'Administrator'; standardUser = 'StandardUser'; sandboxedApp = 'SandboxedApp' }

# The class of a cmdlet's parameter as the protocol has it.
function ConvertTo-TbsClassKey($Class) { $Class.Substring(0, 1).ToLowerInvariant() + $Class.Substring(1) }

# One object a command, with the verdict for each class and the list that decides it.
function ConvertTo-TbsCommandBlock($Entry) {
    $verdict = @{}
    foreach ($one in $Entry.Verdicts) { $verdict[$one.CallerClass] = $one }
    $ordinal = [uint32]$Entry.Code
    $name = $Entry.Name
    if (-not $name) { $name = '0x' + $ordinal.ToString('X8') }
    [pscustomobject]@{
        PSTypeName    = 'TpmTbs.CommandBlock'
        Name          = $name
        Ordinal       = $ordinal
        TpmVersion    = $Entry.TpmVersion
        Administrator = Get-TbsVerdictWord $verdict['administrator']
        StandardUser  = Get-TbsVerdictWord $verdict['standardUser']
        SandboxedApp  = Get-TbsVerdictWord $verdict['sandboxedApp']
        Verdicts      = @(foreach ($one in $Entry.Verdicts) { ConvertTo-TbsVerdict $Entry $one })
    }
}

function Get-TbsVerdictWord($Verdict) {
    if ($null -eq $Verdict) { return }
    if ($Verdict.Allowed) { 'Allowed' } else { 'Blocked' }
}

# Parameters of commandBlock/test.
function Get-TbsTestParameter($Reference, $Class, $TpmVersion, $Handle) {
    $parameters = @{ command = $Reference }
    if ($Class) { $parameters.callerClass = ConvertTo-TbsClassKey $Class }
    if ($TpmVersion) { $parameters.tpmVersion = $TpmVersion }
    if ($Handle) { $parameters.handles = $Handle }
    $parameters
}

# One object a command and class: the answer to "why". Both as hashtables, for which the engine compiles less.
function ConvertTo-TbsVerdict($Entry, $Verdict) {
    $ordinal = $Entry['Code'] -as [uint32]
    $name = $Entry['Name']
    if ($name -notlike '?*') { $name = '0x{0:X8}' -f $ordinal }
    [pscustomobject]@{
        PSTypeName   = 'TpmTbs.CommandVerdict'
        Name         = $name
        Ordinal      = $ordinal
        TpmVersion   = $Entry['TpmVersion']
        Class        = $script:ClassNames[$Verdict['CallerClass']]
        Blocked      = $Verdict['Allowed'] -notlike 'True'
        DecidingList = $Verdict['DecidingList']
        Reason       = $Verdict['Reason']
        Source       = $Verdict['Source']
        LiftedBy     = $Verdict['LiftedBy']
        Statements   = $Verdict['Statements']
    }
}

# The four cmdlets that change a list differ in method and words only.
function Edit-TbsCommandList($Cmdlet, [string]$Method, [string]$Reference, $More, [string]$Action) {
    if (-not $Cmdlet.ShouldProcess($Reference, $Action)) { return }
    $parameters = @{ commands = @($Reference) }
    foreach ($key in $More.Keys) { if ($More[$key]) { $parameters[$key] = $More[$key] } }
    $changed = Invoke-TbsRpc $Cmdlet $Method $parameters $Reference PerObject
    foreach ($entry in $changed.Commands) { ConvertTo-TbsCommandBlock $entry }
}

# A pattern for the name, with or without its prefix, or a code in decimal or hexadecimal.
function Test-TbsCommandName($Entry, [string]$Pattern) {
    if ($Entry.Name -and ($Entry.Name -like $Pattern -or $Entry.Name -like "TPM*_$Pattern")) { return $true }
    if ("$($Entry.Code)" -eq $Pattern) { return $true }
    if (-not $Pattern.StartsWith('0x', [System.StringComparison]::OrdinalIgnoreCase)) { return $false }
    $code = 0L
    [long]::TryParse($Pattern.Substring(2), 512, [cultureinfo]::InvariantCulture, [ref]$code) -and $code -eq $Entry.Code
}
