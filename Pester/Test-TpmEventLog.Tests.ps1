BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    . "$PSScriptRoot/Support/Firmware.ps1"
    $log = New-EventLogFile
    $broker = Connect-PrivateBroker @{ platform = @{ eventLogPath = $log } }
    # TPM2_PCR_Extend of one SHA-1 digest with the empty password.
    function Add-Measurement([int]$Pcr, [string]$Digest) {
        $result = Submit-TbsCommand ('8002 00000035 00000182 {0:x8} 00000009 40000009 0000 00 0000 00000001 0004 {1}' -f $Pcr, $Digest)
        $result.ResponseCode | Should -Be 0
    }
}

AfterAll {
    Disconnect-PrivateBroker $broker
    Remove-FirmwareFolder $log
}

Describe 'Test-TpmEventLog' {
    It 'reports that log and PCRs differ, then that they match' {
        Test-TpmEventLog -Quiet | Should -Be $false
        foreach ($one in Get-TpmEventLog) { Add-Measurement $one.PcrIndex $one.Digests[0].Digest }
        $test = Test-TpmEventLog
        $test.Matches | Should -BeTrue
        $test.Form | Should -Be 'sha1'
        @($test.Pcrs.PcrIndex) | Should -Be 2, 4
        Test-TpmEventLog -Quiet | Should -BeTrue
    }

    It 'names the PCR that has more extensions than the log' {
        Add-Measurement 4 '9069ca78e7450a285173431b3e52c5c25299e473'
        $test = Test-TpmEventLog
        $test.Matches | Should -Be $false
        @($test.Pcrs | Where-Object { -not $_.Matches }).PcrIndex | Should -Be 4
    }

    It 'reports TBS_E_NO_EVENT_LOG if there is no log' {
        [IO.File]::Delete($log)
        $problem = $null
        try { Test-TpmEventLog } catch { $problem = $_ }
        $problem.Exception.Symbol | Should -Be 'TBS_E_NO_EVENT_LOG'
    }
}
