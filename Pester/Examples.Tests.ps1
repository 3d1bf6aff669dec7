# Every example of every cmdlet's help is run as it is written, so that whoever copies one sees it work.

BeforeDiscovery {
    $files = [IO.Directory]::GetFiles([IO.Path]::GetFullPath("$PSScriptRoot/../module/src/Cmdlets"), '*Command.cs')
    [Array]::Sort($files)
    # GetTbsStatusCommand.cs is Get-TbsStatus.
    $cmdlets = foreach ($file in $files) { @{ Name = [IO.Path]::GetFileName($file) -creplace '^([A-Z][a-z]+(?:To)?)(T[bp][ms].*|Tpm)Command\.cs$', '$1-$2' } }
}

BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    . "$PSScriptRoot/Support/Firmware.ps1"
    . "$PSScriptRoot/Support/ActionScript.ps1"
    Import-TpmTbsModule
    $before = $env:TPMTBS_SOCKET
    $log = New-EventLogFile
    $presence = New-PhysicalPresenceFolder
    $firmware = @{ platform = @{ eventLogPath = $log; physicalPresenceFolder = $presence } }
    function Start-ExampleBroker {
        if ($script:broker) { Stop-PrivateBroker $script:broker }
        $script:broker = Start-PrivateBroker '2.0' $firmware
        $env:TPMTBS_SOCKET = $script:broker.Socket
    }
    $script:broker = $null
    Start-ExampleBroker
    $preference = $global:ConfirmPreference
    $global:ConfirmPreference = 'None'
    Move-Item (New-ActionScript "'done'") "$actionFolder/notify.ps1"
    # No machine that runs the tests is in a domain, which these say.
    $needDomain = 'Backup-TpmOwnerAuth', 'Test-TpmOwnerAuthBackup'

    # The files that examples name, in the current folder.
    function New-ExampleFile {
        [IO.File]::WriteAllBytes("$TestDrive/command.bin", [byte[]](0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7B, 0, 8))
        [IO.File]::WriteAllText("$TestDrive/desired.json", '{"blockedCommandsEnabled": false}')
        [IO.File]::WriteAllText("$TestDrive/desired.csv", "Name,Value`nblockedCommandsEnabled,false`n")
        [IO.File]::WriteAllBytes("$TestDrive/Registry.pol", [byte[]](0x50, 0x52, 0x65, 0x67, 1, 0, 0, 0))
        $file = '<tpmOwnerData><ownerAuth>{0}</ownerAuth></tpmOwnerData>'
        # After Set-TpmAuthLevel nothing may be kept any more; what was is still the TPM's or no longer needed.
        try { $script:kept = Get-TpmOwnerAuth } catch { $null = $_ }
        foreach ($name in 'owner.tpm', 'old.tpm') { [IO.File]::WriteAllText("$TestDrive/$name", ($file -f $script:kept)) }
        [IO.File]::WriteAllText("$TestDrive/new.tpm", ($file -f (ConvertTo-TpmOwnerAuth 'new')))
    }

    # What a person would answer, and nothing outside the test's folder or without end.
    function ConvertTo-UnattendedExample([string]$Code) {
        $Code.Replace("(Read-Host 'Owner password' -AsSecureString)", "'passphrase'").
            Replace("(Read-Host 'New owner password' -AsSecureString)", "'passphrase'").
            Replace("(Read-Host 'Storage authorization' -AsSecureString)", "'c3RvcmFnZQ=='").
            Replace(' -WarningAction Inquire', '').
            Replace('/root/', "$TestDrive/kept-").
            Replace('/etc/tpmtbs/actions.d/', "$actionFolder/").
            Replace('-Follow', '-Follow -TimeoutSeconds 1').
            Replace('Watch-Tbs -IntervalSeconds 10 -Count 6', 'Watch-Tbs -IntervalSeconds 1 -Count 2').
            Replace('Watch-Tbs -IntervalSeconds 5', 'Watch-Tbs -IntervalSeconds 1 -Count 1')
    }

    function Get-Example([string]$Cmdlet) {
        foreach ($example in (Get-Help $Cmdlet -Full).examples.example) {
            # A second line of code is told as a remark.
            if ($example.code -match '=\s*New-TbsContext$') { $example.code + "`n" + @($example.remarks.Text -split "`n")[0] }
            else { $example.code }
        }
    }
}

AfterAll {
    $global:ConfirmPreference = $preference
    Stop-PrivateBroker $broker
    $env:TPMTBS_SOCKET = $before
    Remove-FirmwareFolder $log
    Remove-FirmwareFolder $presence
    Remove-ActionScript
}

Describe 'the examples of <Name>' -ForEach $cmdlets {
    BeforeAll {
        $service = if ($Name -eq 'Test-TbsEventAction') { Start-ActionService }
        if ($Name -like '*-TbsEventAction') { Register-TbsEventAction lockoutBegan "$actionFolder/notify.ps1" | Out-Null }
    }
    AfterAll {
        if ($Name -like '*-TbsEventAction') { Get-TbsEventAction | Unregister-TbsEventAction }
        if ($service) { Stop-ActionService $service }
        # The next cmdlet finds a TPM that nobody has changed.
        if ($Name -match '^(Clear|Import|Initialize|Open|Set)-Tpm') { Start-ExampleBroker }
    }

    It 'run as they are written' {
        $examples = @(Get-Example $Name)
        $examples.Count | Should -BeGreaterThan 0
        foreach ($code in $examples) {
            # Nobody is there to be asked for a password.
            if ($code -like '* -Prompt*') { continue }
            if (-not [IO.File]::Exists($script:broker.Socket)) { Start-ExampleBroker }
            Initialize-Tpm | Out-Null
            New-ExampleFile
            $command = '8001 0000000C 0000017B 0008'
            $context = New-TbsContext
            $ErrorActionPreference = 'Stop'
            Push-Location -LiteralPath $TestDrive
            try { & ([scriptblock]::Create((ConvertTo-UnattendedExample $code))) | Out-Null }
            catch {
                if ($Name -notin $needDomain) { throw "$code`n$_" }
                $_.Exception.Details.Reason | Should -Be 'notJoined' -Because $code
            }
            finally {
                Pop-Location
                if ([IO.File]::Exists($script:broker.Socket)) {
                    Get-TbsContext | Where-Object Own | Remove-TbsContext -ErrorAction SilentlyContinue
                }
            }
        }
    }
}
