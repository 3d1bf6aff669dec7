# The parts of Submit-TbsCommand.

$script:Priorities = @{ Low = 100L; Normal = 200L; High = 300L; System = 400L; Max = 0x80000000L }

# TBS_COMMAND_PRIORITY of a name or number; nothing when it is neither.
function ConvertTo-TbsPriority([string]$Text) {
    $named = $script:Priorities[$Text]
    if ($named) { return $named }
    $number = 0L
    if ([long]::TryParse($Text, [ref]$number) -and $number -ge 1 -and $number -le 0x80000000L) { $number }
}

# The bytes of hexadecimal text: with or without 0x, spaces, commas, colons, dashes and line breaks. Nothing when it is not.
function ConvertFrom-TbsHex([string]$Text) {
    $digits = $Text -replace '0[xX]|[\s,:-]'
    if ($digits.Length % 2 -ne 0 -or $digits -notmatch '^[0-9A-Fa-f]+$') { return }
    $bytes = [byte[]]::new($digits.Length / 2)
    for ($index = 0; $index -lt $bytes.Length; $index++) { $bytes[$index] = [System.Convert]::ToByte($digits.Substring(2 * $index, 2), 16) }
    , $bytes
}

# Sends one command, in the context given or in one of its own, and returns what Submit-TbsCommand gives.
function Send-TbsCommand($Cmdlet, [byte[]]$Bytes, $ContextId, [int]$Locality, [long]$Priority, [double]$TimeoutSeconds, $TargetObject) {
    $parameters = @{ command = [System.Convert]::ToBase64String($Bytes); locality = $Locality; priority = $Priority }
    if ($ContextId) { $parameters.contextId = $ContextId }
    if ($TimeoutSeconds -gt 0) { $parameters.deadlineMs = [long][System.Math]::Ceiling($TimeoutSeconds * 1000) }
    $submitted = Invoke-TbsRpc $Cmdlet 'command/submit' $parameters $TargetObject PerObject
    if ($null -eq $submitted) { return }
    $response = [System.Convert]::FromBase64String($submitted.Response)
    [pscustomobject]@{
        PSTypeName      = 'TpmTbs.CommandResult'
        ResponseCode    = [uint32]$submitted.ResponseCode
        ResponseName    = $submitted.ResponseName
        Success         = $submitted.ResponseCode -eq 0
        Response        = $response
        ResponseHex     = [System.BitConverter]::ToString($response).Replace('-', '')
        AppliedPriority = $submitted.AppliedPriority
        Wait            = [timespan]::FromTicks([long](10000 * $submitted.WaitMs))
        Duration        = [timespan]::FromTicks([long](10000 * $submitted.DurationMs))
    }
}

# Checks what the user gave, asks ShouldProcess, and sends.
function Submit-TbsBytes($Cmdlet, $Bytes, $Context, [string]$Priority, [int]$Locality, [double]$TimeoutSeconds, $TargetObject) {
    $problem = $null
    if ($null -eq $Bytes -or $Bytes.Length -eq 0) { $problem = 'The command is neither bytes nor hexadecimal text with whole bytes.' }
    $number = ConvertTo-TbsPriority $Priority
    if ($null -eq $number) { $problem = "'$Priority' is no priority: Low, Normal, High, System, Max or a number from 1 to 2147483648." }
    $contextId = $Context
    if ($null -ne $Context.ContextId) { $contextId = $Context.ContextId }
    if ($null -ne $contextId) {
        $contextId = $contextId -as [uint32]
        if (-not $contextId) { $problem = "'$Context' is no context." }
    }
    if ($problem) {
        $Cmdlet.WriteError((New-TbsErrorRecord 'TBS_E_BAD_PARAMETER' $problem 'Get-Help Submit-TbsCommand -Examples shows how.' $TargetObject))
        return
    }
    if ($Cmdlet.ShouldProcess('TPM', "Send a command of $($Bytes.Length) bytes")) {
        Send-TbsCommand $Cmdlet $Bytes $contextId $Locality $number $TimeoutSeconds $TargetObject
    }
}
