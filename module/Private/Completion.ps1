# What Tab offers. Asks the broker only where one runs; without one it offers nothing and says nothing.

$script:KnownCommands = $null

function Read-TbsForCompletion([string]$Method, [string]$Member) {
    $connection = Get-TbsConnection
    if ($connection -isnot [hashtable]) { return }
    try { (Invoke-TbsRpc $null $Method).$Member } catch { return }
}

# Names that begin with the word, or contain it; with a number, the codes that begin with it.
function Complete-TbsCommand([string]$Word) {
    if ($null -eq $script:KnownCommands) { $script:KnownCommands = @(Read-TbsForCompletion 'commandBlock/list' 'commands') }
    $word = $Word.Trim("'", '"')
    foreach ($command in $script:KnownCommands) {
        $hex = '0x' + ([long]$command.Code).ToString('X')
        $text = $null
        if ($command.Name -and ($command.Name -like "$word*" -or $command.Name -like "TPM*_$word*")) { $text = $command.Name }
        elseif ($word -and $hex -like "$word*") { $text = $hex }
        elseif ($word -and "$($command.Code)" -like "$word*") { $text = "$($command.Code)" }
        if ($text) { [System.Management.Automation.CompletionResult]::new($text, $text, 'ParameterValue', "$($command.Name) ($hex, $($command.Code))") }
    }
}

function Complete-TbsSetting([string]$Word) {
    foreach ($setting in (Read-TbsForCompletion 'policy/get' 'settings')) {
        if ($setting.Name -like "$Word*") {
            [System.Management.Automation.CompletionResult]::new($setting.Name, $setting.Name, 'ParameterValue', "now $($setting.Value), from $($setting.Source)")
        }
    }
}

function Complete-TbsContext([string]$Word) {
    foreach ($context in (Read-TbsForCompletion 'context/list' 'contexts')) {
        if ("$($context.ContextId)" -like "$Word*") {
            [System.Management.Automation.CompletionResult]::new("$($context.ContextId)", "$($context.ContextId)", 'ParameterValue', "$($context.UserKey), opened $($context.OpenedAt)")
        }
    }
}

function Complete-TbsUser([string]$Word) {
    foreach ($user in (Read-TbsForCompletion 'lockout/get' 'users')) {
        if ("$($user.UserKey)" -like "$Word*" -or "$($user.UserName)" -like "$Word*") {
            [System.Management.Automation.CompletionResult]::new($user.UserKey, $user.UserKey, 'ParameterValue', "$($user.UserName), $($user.Failures) failures")
        }
    }
}

function Complete-TbsResource([string]$Word) {
    foreach ($resource in (Read-TbsForCompletion 'resource/list' 'resources')) {
        if ("$($resource.Id)" -like "$Word*") {
            [System.Management.Automation.CompletionResult]::new("'$($resource.Id)'", $resource.Id, 'ParameterValue', "$($resource.Kind) of $($resource.UserKey)")
        }
    }
}
