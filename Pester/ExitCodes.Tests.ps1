# Exit codes of scripts are what administrators monitor: each way of starting, with a broker, without one, and with a failure.

BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
    $import = "Import-Module '$RepositoryRoot/TpmTbs.psd1'"
    [IO.File]::WriteAllText("$TestDrive/same.json", '{"ignoreLocalList": false}')
    [IO.File]::WriteAllText("$TestDrive/other.json", '{"ignoreLocalList": true}')

    # The exit code of pwsh with this text as -Command or in a file.
    function Get-ExitCode([string]$How, [string]$Text, [switch]$WithoutBroker) {
        $start = [Diagnostics.ProcessStartInfo]::new('pwsh')
        $start.RedirectStandardOutput = $start.RedirectStandardError = $true
        $path = "$TestDrive/script.ps1"
        [IO.File]::WriteAllText($path, "$import`n$Text`n")
        $arguments = switch ($How) {
            'File' { '-File', $path }
            'Command' { '-Command', "$import; $Text" }
            'call' { '-Command', "& '$path'; exit `$LASTEXITCODE" }
        }
        foreach ($argument in @('-NoProfile', '-NonInteractive') + $arguments) { $start.ArgumentList.Add($argument) }
        $start.Environment['TPMTBS_SOCKET'] = if ($WithoutBroker) { "$TestDrive/nobody.sock" } else { $broker.Socket }
        $process = [Diagnostics.Process]::Start($start)
        $errors = $process.StandardError.ReadToEndAsync()
        [void]$process.StandardOutput.ReadToEnd()
        $process.WaitForExit()
        $null = $errors.Result
        $process.ExitCode
    }
}

Describe 'pwsh -<how>' -ForEach @(@{ how = 'File' }, @{ how = 'Command' }) {
    It 'ends with 0 after success' { Get-ExitCode $how 'Get-TbsStatus' | Should -Be 0 }

    It 'ends with 1 when a cmdlet fails' {
        Get-ExitCode $how "`$ErrorActionPreference = 'Stop'; Get-TbsStatus" -WithoutBroker | Should -Be 1
        Get-ExitCode $how "`$ErrorActionPreference = 'Stop'; 'TPM2_Nonsense' | Test-TbsCommandBlock" | Should -Be 1
        Get-ExitCode $how "`$ErrorActionPreference = 'Stop'; Clear-Tpm" | Should -Be 1
    }

    It 'ends with the number passed to exit' {
        Get-ExitCode $how 'try { Get-TbsStatus } catch { exit 7 }' -WithoutBroker | Should -Be 7
        Get-ExitCode $how 'Get-TbsStatus | Out-Null; exit 3' | Should -Be 3
    }

    It 'ends with the result of Test-TbsPolicy -Exit' {
        Get-ExitCode $how "Test-TbsPolicy '$TestDrive/same.json' -Exit" | Should -Be 0
        Get-ExitCode $how "Test-TbsPolicy '$TestDrive/other.json' -Exit" | Should -Be 1
        Get-ExitCode $how "Test-TbsPolicy '$TestDrive/same.json' -Exit" -WithoutBroker | Should -Not -BeIn 0, 1
        Get-ExitCode $how "Test-TbsPolicy '$TestDrive/missing.json' -Exit" | Should -Not -BeIn 0, 1
    }

    It 'ends with 2 if Test-TbsPolicy -Exit cannot compare, whatever the script does with errors and objects' {
        $strict = '$ErrorActionPreference = ''Stop''; Set-StrictMode -Version Latest'
        $same = "Test-TbsPolicy '$TestDrive/same.json' -Exit"
        Get-ExitCode $how "$strict; $same" | Should -Be 0
        Get-ExitCode $how "$strict; $same" -WithoutBroker | Should -Be 2
        Get-ExitCode $how "$strict; try { Test-TbsPolicy '$TestDrive/missing.json' -Exit } catch { exit 9 }" | Should -Be 2
        Get-ExitCode $how 'Test-TbsPolicy $env:TPMTBS_UNSET -Exit; exit 0' | Should -Be 2
        Get-ExitCode $how 'Test-TbsPolicy -Setting $null -Exit; exit 0' | Should -Be 2
        Get-ExitCode $how "Test-TbsPolicy '$TestDrive/other.json' -Exit | Select-Object -First 1" | Should -Be 1
        Get-ExitCode $how "Get-Item '$TestDrive/*.json' | Test-TbsPolicy -Exit" | Should -Be 1
    }

    It 'ends with 2 if <inputs> gives Test-TbsPolicy -Exit nothing to compare' -TestCases @(
        @{ inputs = 'Get-ChildItem none*.json | Test-TbsPolicy -Exit' }
        @{ inputs = '$ErrorActionPreference = ''Stop''; Get-ChildItem none*.json | Test-TbsPolicy -Exit' }
        @{ inputs = 'try { @() | Test-TbsPolicy -Exit } catch { exit 9 }' }
        @{ inputs = 'Get-Item missing.json | Test-TbsPolicy -Exit' }
        @{ inputs = '$null | Test-TbsPolicy -Exit' }
        @{ inputs = 'Get-TbsPolicy | Test-TbsPolicy -Exit' }
        @{ inputs = '[pscustomobject]@{ Path = @(''a'', ''b'') } | Test-TbsPolicy -Exit' }
        @{ inputs = 'Test-TbsPolicy -Setting @{} -Exit' }
        @{ inputs = 'Test-TbsPolicy -Exit' }
    ) {
        Get-ExitCode $how "$inputs; exit 9" | Should -Be 2
    }

    It 'ends with 2 if nothing is to be compared and the broker is down' {
        Get-ExitCode $how 'Get-ChildItem none*.json | Test-TbsPolicy -Exit; exit 9' -WithoutBroker | Should -Be 2
    }

    It 'ends with the result for files that are piped as text' {
        Get-ExitCode $how "'$TestDrive/same.json' | Test-TbsPolicy -Exit; exit 9" | Should -Be 0
        Get-ExitCode $how "`$ErrorActionPreference = 'Stop'; '$TestDrive/same.json' | Test-TbsPolicy -Exit; exit 9" | Should -Be 0
        Get-ExitCode $how "'$TestDrive/other.json' | Test-TbsPolicy -Exit; exit 9" | Should -Be 1
    }

    It 'ends with 2 if only some inputs can be compared' {
        Get-ExitCode $how "'$TestDrive/same.json', `$null | Test-TbsPolicy -Exit; exit 9" | Should -Be 2
        Get-ExitCode $how "[pscustomobject]@{ Path = 1, 2 }, '$TestDrive/same.json' | Test-TbsPolicy -Exit; exit 9" | Should -Be 2
    }
}

Describe 'a script that is called by another one' {
    It 'ends with the result of Test-TbsPolicy -Exit' {
        Get-ExitCode 'call' "Test-TbsPolicy '$TestDrive/other.json' -Exit" | Should -Be 1
        Get-ExitCode 'call' "Test-TbsPolicy '$TestDrive/same.json' -Exit" -WithoutBroker | Should -Not -BeIn 0, 1
    }

    It 'continues after an error unless it stops at errors, and -Command then ends with 1 for its last command' {
        Get-ExitCode 'Command' 'Get-TbsStatus' -WithoutBroker | Should -Be 1
    }
}
