BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
}

Describe 'Start-TbsService' {
    BeforeAll {
        $folder = [IO.Path]::Combine([IO.Path]::GetTempPath(), 'tbs-' + [guid]::NewGuid().ToString('N').Substring(0, 12))
        [void][IO.Directory]::CreateDirectory("$folder/run")
        $configuration = @{
            sockets     = @{ wire = "$folder/run/wire.sock" }
            transport   = @{ embedded = @{ stateFolder = "$folder/tpm" } }
            stateFolder = "$folder/state"
            policy      = @{ folder = "$folder/policy.d" }
            audit       = @{ path = "$folder/audit.jsonl" }
            power       = @{ logind = $false }
        }
        [IO.File]::WriteAllText("$folder/tbsd.json", ($configuration | ConvertTo-Json -Depth 5))
        $env:TPMTBS_SOCKET = "$folder/run/rpc.sock"
    }
    AfterAll {
        try { Stop-TbsService -Confirm:$false } catch { $null = $_ }
        $env:TPMTBS_SOCKET = $broker.Socket
        [IO.Directory]::Delete($folder, $true)
    }

    It 'starts nothing with -WhatIf' {
        Start-TbsService -WhatIf | Should -BeNullOrEmpty
        { Get-TbsStatus } | Should -Throw -ErrorId 'TbsServiceNotRunning*'
    }

    It 'starts nothing if its configuration is on a drive that does not exist' {
        { Start-TbsService -ConfigurationPath 'Nowhere:/tbsd.json' } | Should -Throw -ErrorId '*,TpmTbs.Cmdlets.StartTbsServiceCommand'
        { Get-TbsStatus } | Should -Throw -ErrorId 'TbsServiceNotRunning*'
    }

    It 'reports why a broker did not start' {
        [IO.File]::WriteAllText("$folder/damaged.json", '{"nonsense": 1}')
        $problem = $null
        try { Start-TbsService -ConfigurationPath "$folder/damaged.json" } catch { $problem = $_ }
        $problem.FullyQualifiedErrorId | Should -Be 'TbsServiceNotRunning,TpmTbs.Cmdlets.StartTbsServiceCommand'
        "$problem" | Should -BeLike '*nonsense*'
    }

    It 'starts a broker with the requested TPM, and leaves a running one alone' {
        $status = Start-TbsService -ConfigurationPath "$folder/tbsd.json" -Transport embedded -Tpm 1.2
        $status.State | Should -Be 'running'
        (Get-TbsDeviceInfo).TpmVersion | Should -Be '1.2'
        (Start-TbsService).ProcessId | Should -Be $status.ProcessId
        # TPM_GetRandom through the same cmdlet.
        (Submit-TbsCommand '00C1 0000000E 00000046 00000008').Success | Should -BeTrue
    }

    It 'writes the broker''s output into the file that -Verbose names' {
        Stop-TbsService -Confirm:$false
        $log = "$folder/printed.log"
        $said = Start-TbsService -ConfigurationPath "$folder/tbsd.json" -Transport embedded -Tpm 1.2 -LogPath $log -Verbose 4>&1
        "$said" | Should -BeLike "*$log*"
        $log | Should -Exist
    }

    It 'starts a new one as soon as the last one was stopped' {
        $before = (Get-TbsStatus).ProcessId
        Stop-TbsService -Confirm:$false
        (Start-TbsService -ConfigurationPath "$folder/tbsd.json" -Transport embedded -Tpm 1.2).ProcessId | Should -Not -Be $before
    }
}
