BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
    $getRandom = '8001 0000000C 0000017B 0008'
}

Describe 'Submit-TbsCommand' {
    It 'accepts <form>' -TestCases @(
        @{ form = 'hexadecimal text with spaces'; command = '8001 0000000C 0000017B 0008' }
        @{ form = 'hexadecimal text with 0x and commas'; command = '0x80,0x01,0x00,0x00,0x00,0x0C,0x00,0x00,0x01,0x7B,0x00,0x08' }
        @{ form = 'bytes'; command = [byte[]](0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7B, 0, 8) }
        @{ form = 'numbers'; command = 0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7B, 0, 8 }
    ) {
        $result = Submit-TbsCommand $command
        $result.ResponseCode | Should -Be 0
        $result.ResponseName | Should -Be 'TPM_RC_SUCCESS'
        $result.Success | Should -BeTrue
        $result.Response.Length | Should -Be 20
        $result.ResponseHex.Length | Should -Be 40
        $result.Duration | Should -BeGreaterThan ([timespan]::Zero)
        $result.AppliedPriority | Should -Be 200
    }

    It 'returns different random bytes every time' {
        (Submit-TbsCommand $getRandom).ResponseHex | Should -Not -Be (Submit-TbsCommand $getRandom).ResponseHex
    }

    It 'accepts a file' {
        [IO.File]::WriteAllBytes("$TestDrive/command.bin", [byte[]](0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7B, 0, 8))
        (Submit-TbsCommand -Path "$TestDrive/command.bin").Success | Should -BeTrue
    }

    It 'accepts piped bytes as one command, and piped texts as several' {
        ([byte[]](0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7B, 0, 8) | Submit-TbsCommand).Success | Should -BeTrue
        @($getRandom, $getRandom | Submit-TbsCommand).Count | Should -Be 2
    }

    It 'applies the priority <priority>' -TestCases @(
        @{ priority = 'Low'; number = 100 }, @{ priority = 'High'; number = 300 }, @{ priority = 'System'; number = 400 }, @{ priority = '300'; number = 300 }
    ) {
        (Submit-TbsCommand $getRandom -Priority $priority).AppliedPriority | Should -Be $number
    }

    It 'returns an error of the TPM as its response' {
        # GetRandom with a byte too many: a TPM error is a successful submission.
        $result = Submit-TbsCommand '8001 0000000D 0000017B 0008 00'
        $result.Success | Should -BeFalse
        $result.ResponseName | Should -BeLike 'TPM_RC_*'
    }

    It 'writes the error <errorId> for <what>' -TestCases @(
        @{ what = 'no hexadecimal text'; parameters = @{ Command = 'xyz' }; errorId = 'TbsBadParameter' }
        @{ what = 'half a byte'; parameters = @{ Command = '800' }; errorId = 'TbsBadParameter' }
        @{ what = 'a size field that lies'; parameters = @{ Command = '8001 000000FF 0000017B 0008' }; errorId = 'TbsBadParameter' }
        @{ what = 'a blocked command'; parameters = @{ Command = '8001 0000000C 00000125 0008' }; errorId = 'TbsCommandBlocked' }
        @{ what = 'a context that there is not'; parameters = @{ Command = '8001 0000000C 0000017B 0008'; Context = 4000000000 }; errorId = 'TbsInvalidContext' }
        @{ what = 'no priority'; parameters = @{ Command = '8001 0000000C 0000017B 0008'; Priority = 'urgent' }; errorId = 'TbsBadParameter' }
        @{ what = 'a missing file'; parameters = @{ Path = '/nowhere/command.bin' }; errorId = 'TbsBadParameter' }
    ) {
        Submit-TbsCommand @parameters -ErrorAction SilentlyContinue -ErrorVariable problem | Should -BeNullOrEmpty
        $problem.Count | Should -Be 1
        $problem[0].FullyQualifiedErrorId | Should -Be "$errorId,TpmTbs.Cmdlets.SubmitTbsCommandCommand"
        $problem[0].Exception.Symbol | Should -Not -BeNullOrEmpty
        $problem[0].Exception.RecommendedAction | Should -Not -BeNullOrEmpty
        $problem[0].ErrorDetails.RecommendedAction | Should -Be $problem[0].Exception.RecommendedAction
    }

    It 'reports the result code of a blocked command as Windows does' {
        Submit-TbsCommand '8001 0000000C 00000125 0008' -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].Exception.ResultCode | Should -Be 0x80280400L
        $problem[0].Exception.HResult | Should -Be (-2144861184)
        $problem[0].Exception.Symbol | Should -Be 'TPM_E_COMMAND_BLOCKED'
    }

    It 'closes the context that it opened' {
        $before = @(Get-TbsContext).Count
        1..5 | ForEach-Object { Submit-TbsCommand $getRandom } | Out-Null
        @(Get-TbsContext).Count | Should -Be $before
    }

    It 'sends nothing with -WhatIf' {
        Submit-TbsCommand $getRandom -WhatIf | Should -BeNullOrEmpty
    }

    It 'leaves the connection usable if it is stopped while it waits, and cancels at the broker' {
        # A primary RSA key takes a while; several in line take longer than the stop.
        $script = {
            param($Manifest, $Command)
            Import-Module $Manifest
            $context = New-TbsContext
            $context.ContextId
            while ($true) { Submit-TbsCommand $Command -Context $context -ErrorAction Stop | Out-Null }
        }
        $createPrimary = '8002 00000043 00000131 40000001 00000009 40000009 0000 00 0000 0004 0000 0000 001A 0001 000B 00030072 0000 0006 0080 0043 0010 0800 00000000 0000 0000 00000000'
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
        try {
            [void]$shell.AddScript($script).AddArgument("$RepositoryRoot/TpmTbs.psd1").AddArgument($createPrimary)
            $run = $shell.BeginInvoke()
            $watch = [Diagnostics.Stopwatch]::StartNew()
            while (@(Get-TbsContext | Where-Object Own -EQ $false).Count -eq 0 -and $watch.Elapsed.TotalSeconds -lt 30) { [Threading.Thread]::Sleep(20) }
            $watch.Restart()
            $shell.Stop()
            $watch.Elapsed.TotalSeconds | Should -BeLessThan 5
            # The same session goes on with the same connection.
            $shell.Commands.Clear()
            [void]$shell.AddScript({ param($Command) (Submit-TbsCommand $Command).ResponseName }).AddArgument($getRandom)
            $shell.Invoke() | Should -Be 'TPM_RC_SUCCESS'
        }
        finally { $shell.Dispose() }
    }

    It 'cancels a command that is queued for longer than -TimeoutSeconds' {
        # Within its time it is answered as ever.
        (Submit-TbsCommand $getRandom -TimeoutSeconds 30).Success | Should -BeTrue
        # Suspended, the broker sends nothing: what comes waits.
        $client = (Get-Command Submit-TbsCommand).ImplementingType.Assembly.GetType('TpmTbs.Client.BrokerClient')
        $send = $client.GetMethod('SendOnly', [Reflection.BindingFlags]'Static, NonPublic')
        $null = $send.Invoke($null, @('power/suspend', $null))
        $waited = [Diagnostics.Stopwatch]::StartNew()
        while ((Get-TbsStatus).State -eq 'Running' -and $waited.Elapsed.TotalSeconds -lt 10) { }
        try {
            $watch = [Diagnostics.Stopwatch]::StartNew()
            { Submit-TbsCommand $getRandom -TimeoutSeconds 0.1 -ErrorAction Stop } | Should -Throw -ErrorId 'TbsCommandCanceled,TpmTbs.Cmdlets.SubmitTbsCommandCommand'
            $watch.Elapsed.TotalSeconds | Should -BeLessThan 5
        }
        finally { $null = $send.Invoke($null, @('power/resume', $null)) }
        (Submit-TbsCommand $getRandom).Success | Should -BeTrue
    }
}
