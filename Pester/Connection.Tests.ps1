BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    Import-TpmTbsModule
    $earlier = $env:TPMTBS_SOCKET

    function Start-FakeBroker([string]$Way) {
        $socket = [IO.Path]::Combine([IO.Path]::GetTempPath(), 'tbs-' + [guid]::NewGuid().ToString('N').Substring(0, 12) + '.sock')
        $start = [Diagnostics.ProcessStartInfo]::new('node')
        foreach ($argument in "$RepositoryRoot/Pester/Support/FakeBroker.mjs", $socket, $Way) { $start.ArgumentList.Add($argument) }
        $start.RedirectStandardOutput = $true
        $process = [Diagnostics.Process]::Start($start)
        if ($process.StandardOutput.ReadLine() -ne 'ready') { throw 'The fake broker did not start.' }
        $env:TPMTBS_SOCKET = $socket
        @{ Process = $process; Socket = $socket }
    }
}
AfterAll { $env:TPMTBS_SOCKET = $earlier }

Describe 'the connection of the module' {
    AfterEach {
        $fake.Process.Kill()
        $fake.Process.WaitForExit()
        [IO.File]::Delete($fake.Socket)
    }

    It 'understands responses of the kind: <way>' -TestCases @(
        @{ way = 'pieces'; expected = 'piecemeal' }
        @{ way = 'unicode'; expected = "Gr$([char]0xFC)$([char]0xDF)e, $([char]0x4E16)$([char]0x754C) $([char]0xD83D)$([char]0xDE42)" }
        @{ way = 'two'; expected = 'true' }
        @{ way = 'drop'; expected = 'answered' }
    ) {
        $fake = Start-FakeBroker $way
        (Get-TbsStatus).Version | Should -BeExactly $expected
        (Get-TbsStatus).Version | Should -BeExactly $expected
    }

    It 'accepts a large response' {
        $fake = Start-FakeBroker 'large'
        (Get-TbsStatus).Version.Length | Should -Be 3000000
    }

    It 'refuses bytes that are no response of a broker: <way>' -TestCases @(@{ way = 'garbage' }, @{ way = 'long' }) {
        $fake = Start-FakeBroker $way
        { Get-TbsStatus } | Should -Throw -ErrorId 'TbsServiceNotRunning,TpmTbs.Cmdlets.GetTbsStatusCommand'
    }

    It 'does not repeat a change whose response was lost, and reports that' {
        $fake = Start-FakeBroker 'drop'
        $problem = $null
        try { Reset-TbsLockout } catch { $problem = $_ }
        $problem.FullyQualifiedErrorId | Should -Be 'TbsServiceNotRunning,TpmTbs.Cmdlets.ResetTbsLockoutCommand'
        "$problem" | Should -BeLike '*whether it took effect is not known*'
    }

    It 'cancels queued commands at the broker when the pipeline is stopped' {
        $fake = Start-FakeBroker 'silent'
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
        try {
            [void]$shell.AddScript({ param($Manifest) Import-Module $Manifest; Submit-TbsCommand '8001 0000000C 0000017B 0008' }).AddArgument("$RepositoryRoot/TpmTbs.psd1")
            [void]$shell.BeginInvoke()
            $called = $fake.Process.StandardOutput.ReadLineAsync()
            $called.Wait(60000) | Should -BeTrue
            $called.Result | Should -Be 'command/submit'
            $watch = [Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            $watch.Elapsed.TotalSeconds | Should -BeLessThan 5
            $line = $fake.Process.StandardOutput.ReadLineAsync()
            $line.Wait(5000) | Should -BeTrue
            $line.Result | Should -Be 'command/cancel'
        }
        finally { $shell.Dispose() }
    }

    It 'sends nothing through another user''s folder or socket (needs root)' -Skip:([Environment]::UserName -ne 'root') {
        $fake = Start-FakeBroker 'two'
        (Get-TbsStatus).Version | Should -BeExactly 'true'
        $folder = [IO.Path]::Combine([IO.Path]::GetTempPath(), 'tbs-' + [guid]::NewGuid().ToString('N').Substring(0, 12))
        [void][IO.Directory]::CreateDirectory($folder)
        [IO.File]::Move($fake.Socket, "$folder/rpc.sock")
        $env:TPMTBS_SOCKET = $fake.Socket = "$folder/rpc.sock"
        [void](Invoke-Program 'chown' 'daemon', $folder)
        { Get-TbsStatus } | Should -Throw -ErrorId 'TbsAccessDenied,TpmTbs.Cmdlets.GetTbsStatusCommand' -ExpectedMessage '*The folder of * belongs to user *, who is neither root nor you.*'
        { Reset-TbsLockout } | Should -Throw -ErrorId 'TbsAccessDenied,TpmTbs.Cmdlets.ResetTbsLockoutCommand' -ExpectedMessage '*The folder of * belongs to user *, who is neither root nor you.*'
        { Submit-TbsCommand '8002 0000000A 00000144' } | Should -Throw -ErrorId 'TbsAccessDenied,TpmTbs.Cmdlets.SubmitTbsCommandCommand'
        [void](Invoke-Program 'chown' 'root', $folder)
        [void](Invoke-Program 'chown' 'daemon', $fake.Socket)
        { Reset-TbsLockout } | Should -Throw -ErrorId 'TbsAccessDenied,TpmTbs.Cmdlets.ResetTbsLockoutCommand' -ExpectedMessage '*The socket * belongs to user *'
        try {
            $env:TPMTBS_BROKER_UID = 'daemon'
            { Get-TbsStatus } | Should -Throw -ErrorId 'TbsBadParameter,TpmTbs.Cmdlets.GetTbsStatusCommand'
            $env:TPMTBS_BROKER_UID = (Invoke-Program 'id' '-u', 'daemon').Trim()
            (Get-TbsStatus).Version | Should -BeExactly 'true'
        }
        finally { $env:TPMTBS_BROKER_UID = $null }
    }

    It 'reports why the broker refuses the connection' {
        $fake = Start-FakeBroker 'refuse'
        { Get-TbsStatus } | Should -Throw -ErrorId 'TbsAccessDenied,TpmTbs.Cmdlets.GetTbsStatusCommand' -ExpectedMessage '*The caller is nobody.*'
        { Reset-TbsLockout } | Should -Throw -ErrorId 'TbsAccessDenied,TpmTbs.Cmdlets.ResetTbsLockoutCommand'
    }

    It 'does not trust a listener that is neither root nor the user (needs root and setpriv)' -Skip:([Environment]::UserName -ne 'root' -or -not [IO.File]::Exists('/usr/bin/setpriv')) {
        $folder = [IO.Path]::Combine([IO.Path]::GetTempPath(), 'tbs-' + [guid]::NewGuid().ToString('N').Substring(0, 12))
        [void][IO.Directory]::CreateDirectory($folder)
        [void](Invoke-Program 'chmod' '777', $folder)
        $start = [Diagnostics.ProcessStartInfo]::new('setpriv')
        foreach ($argument in '--reuid=daemon', '--regid=daemon', '--clear-groups', 'node', '-e', "require('net').createServer().listen('$folder/rpc.sock', () => console.log('ready'))") { $start.ArgumentList.Add($argument) }
        $start.WorkingDirectory = '/'
        $start.RedirectStandardOutput = $true
        $process = [Diagnostics.Process]::Start($start)
        $fake = @{ Process = $process; Socket = "$folder/rpc.sock" }
        $process.StandardOutput.ReadLine() | Should -Be 'ready'
        $env:TPMTBS_SOCKET = $fake.Socket
        { Get-TbsStatus } | Should -Throw -ErrorId 'TbsAccessDenied,TpmTbs.Cmdlets.GetTbsStatusCommand'
    }
}
