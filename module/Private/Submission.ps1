# The parts of Submit-TbsCommand.

# A type named with its assembly is found at once; .NET Framework has it in another.
if ($IsCoreCLR -like 'True') {
    $script:Convert = [System.Convert, System.Runtime.Extensions]
    $script:BitConverter = [System.BitConverter, System.Runtime.Extensions]
}
else {
    $script:Convert = 'System.Convert' -as [type]
    $script:BitConverter = 'System.BitConverter' -as [type]
}

$script:Priorities = @{ Low = 100L; Normal = 200L; High = 300L; System = 400L; Max = 0x80000000L }

# TBS_COMMAND_PRIORITY of a name or number; nothing when it is neither.
function ConvertTo-TbsPriority($Text) {
    $named = $script:Priorities[$Text]
    if ($named -is [long]) { return $named }
    ConvertTo-TbsPriorityNumber $Text
}

function ConvertTo-TbsPriorityNumber([string]$Text) {
    $number = 0L
    if ([long]::TryParse($Text, [ref]$number) -and $number -ge 1 -and $number -le 0x80000000L) { $number }
}

# The bytes of hexadecimal text: with or without 0x, spaces, commas, colons, dashes and line breaks. Nothing when it is not.
function ConvertFrom-TbsHex($Text) {
    $digits = $Text -creplace '0[xX]|[\s,:-]'
    # Nothing is left of whole bytes.
    if ($digits -clike '' -or ($digits -creplace '^(?:[0-9A-Fa-f]{2})+$') -clike '?*') { return }
    if ($IsCoreCLR -like 'True') { return , $script:Convert::FromHexString($digits) }
    ConvertFrom-TbsHexDigits $digits
}

# .NET Framework has no function for it.
function ConvertFrom-TbsHexDigits([string]$Digits) {
    $bytes = [byte[]]::new($digits.Length / 2)
    for ($index = 0; $index -lt $bytes.Length; $index++) { $bytes[$index] = [System.Convert]::ToByte($digits.Substring(2 * $index, 2), 16) }
    , $bytes
}

# Sends one command, in the context given or in one of its own, and returns what Submit-TbsCommand gives.
function Send-TbsCommand($Cmdlet, $Bytes, $ContextId, $Locality, $Priority, $TimeoutSeconds, $TargetObject) {
    $command = $script:Convert::ToBase64String($Bytes)
    $parameters = '{{"command":"{0}","locality":{1},"priority":{2}}}' -f $command, $Locality, $Priority
    if ($ContextId -is [uint32] -or $TimeoutSeconds -notlike '0') {
        $parameters = Get-TbsSubmitParameter $command $ContextId $Locality $Priority $TimeoutSeconds
    }
    $submitted = Invoke-TbsRpc -Cmdlet $Cmdlet -Method 'command/submit' -Parameters $parameters -TargetObject $TargetObject -Mode PerObject
    if ($submitted -isnot [hashtable]) { return }
    $response = $script:Convert::FromBase64String($submitted['Response'])
    [pscustomobject]@{
        PSTypeName      = 'TpmTbs.CommandResult'
        ResponseCode    = $submitted['ResponseCode'] -as [uint32]
        ResponseName    = $submitted['ResponseName']
        Success         = $submitted['ResponseCode'] -like '0'
        Response        = $response
        ResponseHex     = $script:BitConverter::ToString($response) -creplace '-'
        AppliedPriority = $submitted['AppliedPriority']
        Wait            = ConvertTo-TbsTimeSpan -Milliseconds $submitted['WaitMs']
        Duration        = ConvertTo-TbsTimeSpan -Milliseconds $submitted['DurationMs']
    }
}

function ConvertTo-TbsTimeSpan($Milliseconds) { [timespan]::FromTicks([long](10000.0 * $Milliseconds)) }

function Get-TbsSubmitParameter($Command, $ContextId, [int]$Locality, [long]$Priority, [double]$TimeoutSeconds) {
    $parameters = @{ command = $Command; locality = $Locality; priority = $Priority }
    if ($ContextId) { $parameters.contextId = $ContextId }
    if ($TimeoutSeconds -gt 0) { $parameters.deadlineMs = [long][System.Math]::Ceiling($TimeoutSeconds * 1000) }
    $parameters
}

# Checks what the user gave, asks ShouldProcess, and sends.
function Submit-TbsBytes($Cmdlet, $Bytes, $Context, $Priority, $Locality, $TimeoutSeconds, $TargetObject) {
    $problem = $null
    if ($Bytes -isnot [byte[]] -or $Bytes.Length -clike '0') { $problem = 'The command is neither bytes nor hexadecimal text with whole bytes.' }
    $number = ConvertTo-TbsPriority -Text $Priority
    if ($number -isnot [long]) { $problem = "'$Priority' is no priority: Low, Normal, High, System, Max or a number from 1 to 2147483648." }
    $contextId = $Context
    if ($Context -is [string] -or $Context -like '?*') { $contextId = ConvertTo-TbsContextId $Context }
    if ($contextId -is [string]) { $problem = $contextId }
    if ($problem -is [string]) {
        $Cmdlet.WriteError((New-TbsErrorRecord 'TBS_E_BAD_PARAMETER' $problem 'Get-Help Submit-TbsCommand -Examples shows how.' $TargetObject))
        return
    }
    if ($Cmdlet.ShouldProcess('TPM', ('Send a command of {0} bytes' -f $Bytes.Length))) {
        Send-TbsCommand -Cmdlet $Cmdlet -Bytes $Bytes -ContextId $contextId -Locality $Locality -Priority $number -TimeoutSeconds $TimeoutSeconds -TargetObject $TargetObject
    }
}

# The id in what New-TbsContext gave, or an id; else text that says what is wrong.
function ConvertTo-TbsContextId($Context) {
    $id = $Context
    if ($null -ne $Context.ContextId) { $id = $Context.ContextId }
    $id = $id -as [uint32]
    if ($id) { $id } else { "'$Context' is no context." }
}
