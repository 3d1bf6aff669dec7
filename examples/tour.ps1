<#
.SYNOPSIS
    Shows what TpmTbs does, with the real results of the broker and TPM of this machine.
.DESCRIPTION
    Run by `npm start` on a software TPM. It blocks and unblocks one command, and as root it lets a standard user guess
    until that user is locked out, which starts an event action; all is undone at the end. It works on TPM 2.0 and 1.2.
#>
#Requires -Version 5.1
$ErrorActionPreference = 'Stop'
$root = [System.IO.Path]::GetDirectoryName($PSScriptRoot)
Import-Module ([System.IO.Path]::Combine($root, 'TpmTbs.psd1'))

$colours = -not [Console]::IsOutputRedirected -and -not $env:NO_COLOR
function Show-Heading([string]$Text) {
    $escape = [char]27
    ''
    if ($colours) { "$escape[1;36m== $Text$escape[0m" } else { "== $Text" }
}

function Show-Command([string]$Text) {
    $escape = [char]27
    if ($colours) { "$escape[33mPS> $Text$escape[0m" } else { "PS> $Text" }
}

Show-Heading 'The TPM'
Show-Command 'Get-TbsDeviceInfo'
$device = Get-TbsDeviceInfo
$device | Out-Host
$is20 = $device.TpmVersion -eq '2.0'
$getRandom = if ($is20) { '8001 0000000C 0000017B 0008' } else { '00C1 0000000E 00000046 00000008' }
$randomName = if ($is20) { 'TPM2_GetRandom' } else { 'TPM_GetRandom' }

Show-Heading 'A random number from the TPM'
Show-Command "Submit-TbsCommand '$getRandom'"
Submit-TbsCommand $getRandom | Out-Host

Show-Heading 'Who may send which command, and why'
$asked = if ($is20) {
    @('TPM2_GetRandom', 'StandardUser'), @('TPM2_Clear', 'StandardUser'), @('TPM2_Clear', 'Administrator'),
    @('TPM2_FieldUpgradeStart', 'Administrator'), @('TPM2_Quote', 'SandboxedApp')
}
else {
    @('TPM_GetRandom', 'StandardUser'), @('TPM_OwnerClear', 'StandardUser'), @('TPM_OwnerClear', 'Administrator'),
    @('TPM_LoadKey', 'Administrator'), @('TPM_Quote2', 'SandboxedApp')
}
foreach ($question in $asked) {
    Show-Command "Test-TbsCommandBlock $($question[0]) -Class $($question[1])"
    Test-TbsCommandBlock $question[0] -Class $question[1] | Out-Host
}

Show-Heading 'A command that an administrator blocks, and then unblocks'
Show-Command "Add-TbsCommandBlock $randomName"
Add-TbsCommandBlock $randomName -Confirm:$false | Out-Host
try {
    Show-Command "Submit-TbsCommand '$getRandom'"
    Submit-TbsCommand $getRandom | Out-Host
}
catch {
    "refused: $($_.FullyQualifiedErrorId)"
    "  $($_.Exception.Message)"
    "  $($_.ErrorDetails.RecommendedAction)"
}
finally {
    Show-Command "Remove-TbsCommandBlock $randomName"
    Remove-TbsCommandBlock $randomName -Confirm:$false | Out-Host
}
Submit-TbsCommand $getRandom | Out-Host

Show-Heading 'Policy in force, and where each setting comes from'
Show-Command 'Get-TbsPolicy'
Get-TbsPolicy | Out-Host

Show-Heading 'How much owner authorization this machine keeps'
Show-Command 'Get-TpmAuthLevel'
Get-TpmAuthLevel | Out-Host

Show-Heading 'A script that runs when a user is locked out'
$node = if ($env:TPMTBS_NODE) { $env:TPMTBS_NODE } else { 'node' }
# Nobody else may be able to change the script, which rules folders for temporary files out.
$folder = [System.IO.Path]::Combine($HOME, ".tpmtbs-tour-$PID")
$action = [System.IO.Path]::Combine($folder, 'tour-action.ps1')
$notes = [System.IO.Path]::Combine($folder, 'notes.txt')
[void][System.IO.Directory]::CreateDirectory($folder)
[System.IO.File]::Copy([System.IO.Path]::Combine($PSScriptRoot, 'tour-action.ps1'), $action)
/bin/chmod 0755 $folder
/bin/chmod 0644 $action
# The service of event actions, as `systemctl start tpmtbs-actions` starts it on a machine that has it installed.
$start = [System.Diagnostics.ProcessStartInfo]::new($node)
$start.Arguments = '"{0}" --own-scripts' -f [System.IO.Path]::Combine($root, 'bin', 'tbs-actions.js')
$start.EnvironmentVariables['PATH'] = "$PSHOME$([System.IO.Path]::PathSeparator)$env:PATH"
$start.UseShellExecute = $false
$start.RedirectStandardError = $true
$service = [System.Diagnostics.Process]::Start($start)
do { $line = $service.StandardError.ReadLine() } until ($null -eq $line -or $line -like '*following the events*')
try {
    Show-Command 'Register-TbsEventAction -Kind lockoutBegan -Path ~/.../tour-action.ps1'
    try {
        Register-TbsEventAction -Kind lockoutBegan -Path $action | Out-Host
        $isRegistered = $true
    }
    catch {
        # The home folder, too, may be one that others can change.
        "refused: $($_.Exception.Message)"
        $isRegistered = $false
    }

    Show-Heading 'A standard user who guesses'
    if ($is20) {
        # A fresh software TPM locks itself after three wrong guesses: above the total threshold, the broker stops them first.
        # TPM2_DictionaryAttackParameters: 32 tries, each forgotten after 600 seconds.
        $parameters = '8002 00000027 0000013A 4000000A 00000009 40000009 0000 00 0000 00000020 00000258 00000258'
        Show-Command "Submit-TbsCommand '$parameters'"
        Submit-TbsCommand $parameters | Out-Host
    }
    $isRoot = [Environment]::UserName -eq 'root'
    $guesser = 'daemon'
    if (-not $isRoot) {
        'This needs a second user of the system, whose identity only root can take: run `npm start` as root to see it.'
        if ($isRegistered) {
            Show-Command 'Test-TbsEventAction tour-action'
            Test-TbsEventAction tour-action | Out-Host
        }
    }
    else {
        "the user '$guesser' guesses six times:"
        $start = [System.Diagnostics.ProcessStartInfo]::new('setpriv')
        $start.Arguments = "--reuid=$guesser --regid=$guesser --init-groups -- ""$node"" --input-type=module -"
        $start.WorkingDirectory = '/'
        $start.UseShellExecute = $false
        $start.RedirectStandardInput = $true
        $start.RedirectStandardOutput = $true
        $process = [System.Diagnostics.Process]::Start($start)
        # The script goes in by standard input: that user need not be able to read this folder.
        $process.StandardInput.Write([System.IO.File]::ReadAllText([System.IO.Path]::Combine($PSScriptRoot, 'guessing-user.mjs')))
        $process.StandardInput.Close()
        foreach ($line in $process.StandardOutput.ReadToEnd().Split("`n")) {
            $field = $line.Split("`t")
            if ($field.Length -eq 3) { '  guess {0}: {1,-8} {2}' -f $field[0], $field[1], $field[2] }
        }
        $process.WaitForExit()
        Show-Command 'Get-TbsLockout'
        Get-TbsLockout | Out-Host
        if ($isRegistered) {
            # The script may still be running, since nothing waits for it.
            for ($i = 0; $i -lt 1200 -and -not (Get-Content -LiteralPath $notes -ErrorAction Ignore); $i++) {
                Start-Sleep -Milliseconds 50
            }
            Show-Command 'Get-Content ~/.../notes.txt'
            Get-Content -LiteralPath $notes
        }
        Show-Command "Reset-TbsLockout -User $guesser"
        Reset-TbsLockout -User $guesser -Confirm:$false | Out-Host
    }
    if ($isRegistered) { Unregister-TbsEventAction tour-action }
}
finally {
    if (-not $service.HasExited) { $service.Kill() }
    [System.IO.Directory]::Delete($folder, $true)
}

Show-Heading 'What the broker says of itself'
Show-Command 'Get-TbsStatus'
Get-TbsStatus | Out-Host

Show-Heading 'The state of this machine as one page, for a browser or a printer'
Show-Command 'Export-TbsReport report.html'
$report = [System.IO.Path]::Combine([System.IO.Path]::GetTempPath(), "tpmtbs-tour-$PID.html")
try {
    $page = Export-TbsReport -Path $report
    'A page of {0:N0} KB, which needs no network, about:' -f ($page.Length / 1KB)
    foreach ($heading in [regex]::Matches([System.IO.File]::ReadAllText($report), '<h2[^>]*>(.*?)</h2>')) {
        "  $($heading.Groups[1].Value -replace '<[^>]+>')"
    }
}
finally {
    Remove-Item -LiteralPath $report -ErrorAction Ignore
}
''
'More: Get-Command -Module TpmTbs, Get-Help Test-TbsCommandBlock -Full, docs/.'
