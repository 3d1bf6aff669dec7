BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    . "$PSScriptRoot/Support/Firmware.ps1"
    $log = New-EventLogFile
    $broker = Connect-PrivateBroker @{ platform = @{ eventLogPath = $log } }
}

AfterAll {
    Disconnect-PrivateBroker $broker
    Remove-FirmwareFolder $log
}

Describe 'Get-TpmEventLog' {
    It 'returns the events with PCR, type by name, digest and data' {
        $events = @(Get-TpmEventLog)
        $events.Count | Should -Be 2
        $events[0].PcrIndex | Should -Be 4
        $events[0].TypeName | Should -Be 'EV_EFI_ACTION'
        $events[0].Description | Should -Be 'Calling EFI'
        $events[1].TypeName | Should -Be 'EV_SEPARATOR'
        # SHA-1 of four zero bytes.
        $events[1].Digests[0].Digest | Should -Be '9069ca78e7450a285173431b3e52c5c25299e473'
        $events[1].Data.Length | Should -Be 4
    }

    It 'selects by PCR and by type' {
        @(Get-TpmEventLog -Pcr 2).TypeName | Should -Be 'EV_SEPARATOR'
        @(Get-TpmEventLog -Type EV_EFI_*).PcrIndex | Should -Be 4
        Get-TpmEventLog -Pcr 7 | Should -BeNullOrEmpty
    }

    It 'takes PCRs from the pipeline' {
        $expected = @(Get-TpmEventLog -Pcr 7).Index
        (7 | Get-TpmEventLog).Index | Should -Be $expected
        (Get-TpmEventLog -Pcr 7 | Select-Object -First 1 | Get-TpmEventLog).Index | Should -Be $expected
    }

    It 'reports the byte at which the log is damaged' {
        $whole = [IO.File]::ReadAllBytes($log)
        [IO.File]::WriteAllBytes($log, [byte[]]$whole[0..20])
        try {
            $problem = $null
            try { Get-TpmEventLog } catch { $problem = $_ }
            $problem.Exception.Symbol | Should -Be 'TBS_E_NO_EVENT_LOG'
            $problem.Exception.Message | Should -BeLike '*damaged at byte 0*'
        }
        finally { [IO.File]::WriteAllBytes($log, $whole) }
    }
}
