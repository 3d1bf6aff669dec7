# A question that cannot be asked means no: in every kind of session that cannot answer, for every cmdlet that asks.

BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
    # What each cmdlet that asks by itself needs beside.
    $arguments = @{
        'Clear-Tpm'                   = ''
        'Remove-TbsResource'          = '-Id nothing'
        'Request-TpmPhysicalPresence' = '-Operation Clear'
        'Stop-TbsService'             = ''
    }
    $asking = foreach ($command in Get-Command -Module TpmTbs) {
        $attribute = $command.ImplementingType.GetCustomAttributes([System.Management.Automation.CmdletAttribute], $false)[0]
        if ($attribute.ConfirmImpact -eq 'High') { $command.Name }
    }
    $import = "Import-Module '$RepositoryRoot/TpmTbs.psd1'"
    # One word for each cmdlet: the first part of the ErrorId that it ended with, or 'done'.
    $try = (@(foreach ($name in $asking) { "try { $name $($arguments[$name]) -ErrorAction Stop | Out-Null; '$name done' } catch { '$name ' + (`$_.FullyQualifiedErrorId -split ',')[0] }" }) -join "`n")
    $expected = @(foreach ($name in $asking) { "$name TbsConfirmationImpossible" }) -join "`n"
    # Runs the script in a session of its own with a standard input as the shell's redirection says; ends one that waits.
    function Invoke-WithInput([string]$Redirection, [string]$Script) {
        $path = Join-Path $TestDrive 'asks.ps1'
        Set-Content -LiteralPath $path -Value "$import`n$Script"
        & timeout 60 sh -c "exec pwsh -NoProfile -File '$path' $Redirection" | Get-Outcome
    }
    # What the tried cmdlets ended with: the end of a line, since the question stands before it where nobody answers.
    filter Get-Outcome { if ($_ -match '[A-Z]\w+-T\w+ (done|Tbs\w+)$') { $Matches[0] } }
    function Confirm-Refused($Output) {
        (@($Output) -join "`n") | Should -Be $expected
        (Get-TbsStatus).State | Should -Be 'Running'
    }
}

Describe 'a question that cannot be asked' {
    It 'is tested for every cmdlet that asks' {
        $asking | Sort-Object | Should -Be ($arguments.Keys | Sort-Object)
    }

    It 'means no with -NonInteractive' {
        Confirm-Refused (& pwsh -NoProfile -NonInteractive -Command "$import`n$try")
    }

    It 'means no in a job' {
        Confirm-Refused (Start-Job { param($import, $try) . ([scriptblock]::Create("$import`n$try")) } -ArgumentList $import, $try | Receive-Job -Wait)
    }

    It 'means no in ForEach-Object -Parallel' {
        Confirm-Refused (& pwsh -NoProfile -Command "1 | ForEach-Object -Parallel { $import`n$try }")
    }

    It 'means no if standard input is <name>' -TestCases @(
        @{ name = 'closed'; redirection = '<&-' }
        @{ name = '/dev/null'; redirection = '</dev/null' }
    ) {
        Confirm-Refused (Invoke-WithInput $redirection $try)
    }

    It 'means no for a password if standard input is closed' {
        $ask = "try { Import-TpmOwnerAuth -Prompt -Confirm:`$false -ErrorAction Stop | Out-Null; 'Import-TpmOwnerAuth done' } catch { 'Import-TpmOwnerAuth ' + (`$_.FullyQualifiedErrorId -split ',')[0] }"
        Invoke-WithInput '<&-' $ask | Should -Be 'Import-TpmOwnerAuth TbsConfirmationImpossible'
    }

    It 'does not take a line of a script on standard input for a yes, unless it says yes' {
        $script = Join-Path $TestDrive 'input'
        $ask = "try { Remove-TbsResource nothing -ErrorAction Stop; 'Remove-TbsResource done' } catch { 'Remove-TbsResource ' + (`$_.FullyQualifiedErrorId -split ',')[0] }"
        Set-Content -LiteralPath $script -Value $import, '', $ask, '', $ask, 'y', 'exit'
        & timeout 60 sh -c "exec pwsh -NoProfile -Command - <'$script'" | Get-Outcome |
            Should -Be 'Remove-TbsResource done', 'Remove-TbsResource TbsBadParameter'
    }
}
