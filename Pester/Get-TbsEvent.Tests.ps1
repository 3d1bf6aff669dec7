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
