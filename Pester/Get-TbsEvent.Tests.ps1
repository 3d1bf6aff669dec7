BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Get-TbsEvent' {
    It 'returns past events with time, kind and message' {
        Add-TbsCommandBlock TPM2_SelfTest | Out-Null
        Remove-TbsCommandBlock TPM2_SelfTest | Out-Null
        $event = Get-TbsEvent -Kind listChanged | Select-Object -Last 1
        $event.Time | Should -BeOfType [DateTimeOffset]
        $event.Message | Should -BeLike '*TPM2_SelfTest*'
    }

    It 'can filter by every kind of event' {
        $set = (Get-Command Get-TbsEvent).Parameters['Kind'].Attributes.Where{ $_ -is [ValidateSet] }.ValidValues | Sort-Object
        $set | Should -Be ([Enum]::GetNames([TpmTbs.EventKind]) -ne 'Unknown' | Sort-Object)
    }

    It 'shows the complete message in 80 columns' {
        Add-TbsCommandBlock TPM2_DictionaryAttackParameters | Out-Null
        Remove-TbsCommandBlock TPM2_DictionaryAttackParameters | Out-Null
        $text = Get-TbsEvent -Kind listChanged -Newest 1 | Out-String -Width 80
        ($text -replace '\s+', ' ') | Should -BeLike '* listChanged uid:* TPM2_DictionaryAttackParameters (0x13A) is no longer blocked locally.*'
    }

    It 'returns no more than -Newest' {
        @(Get-TbsEvent -Newest 1).Count | Should -BeLessOrEqual 1
    }

    It 'finds events of a kind behind many others, the latest -Newest of them' {
        foreach ($threshold in 7, 8) { Set-TbsPolicy standardUserAuthorizationFailureIndividualThreshold $threshold | Out-Null }
        Set-TbsPolicy standardUserAuthorizationFailureIndividualThreshold $null | Out-Null
        $expected = @(Get-TbsEvent -Kind policyChanged -Newest 2).Time
        foreach ($number in 1..51) {
            Add-TbsCommandBlock TPM2_SelfTest | Out-Null
            Remove-TbsCommandBlock TPM2_SelfTest | Out-Null
        }
        @(Get-TbsEvent).Kind | Should -Not -Contain 'policyChanged'
        (Get-TbsEvent -Kind policyChanged -Newest 2).Time | Should -Be $expected
        ([pscustomobject]@{ Kinds = 'policyChanged', 'warning' } | Get-TbsEvent -Newest 1).Time | Should -Be $expected[1]
        Get-TbsEvent -Kind policyChanged -Newest 0 | Should -BeNullOrEmpty
        (Get-TbsEvent -Kind policyChanged -Newest 2 -Follow -TimeoutSeconds 0.5).Time | Should -Be $expected
    }

    It 'follows new events while other calls run' {
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
        try {
            [void]$shell.AddScript({ param($Manifest) Import-Module $Manifest; Get-TbsEvent -Newest 0 -Follow -Kind listChanged -TimeoutSeconds 4 }).AddArgument("$RepositoryRoot/TpmTbs.psd1")
            $run = $shell.BeginInvoke()
            $watch = [Diagnostics.Stopwatch]::StartNew()
            while (-not $run.IsCompleted -and $watch.Elapsed.TotalSeconds -lt 15) {
                Add-TbsCommandBlock TPM2_SelfTest | Out-Null
                Remove-TbsCommandBlock TPM2_SelfTest | Out-Null
                [Threading.Thread]::Sleep(100)
            }
            $run.IsCompleted | Should -BeTrue
            $shell.EndInvoke($run)[0].Kind | Should -Be 'listChanged'
        }
        finally { $shell.Dispose() }
    }
}
