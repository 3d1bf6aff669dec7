# The caller's preferences and habits reach the cmdlets, from the prompt, through functions, scripts and modules.

BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
    $getRandom = '80010000000C0000017B0008'
    $nobody = "$([IO.Path]::GetTempPath())/tbs-nobody.sock"
    function Test-Blocked { (Get-TbsCommandBlock TPM2_SelfTest).Administrator -eq 'Blocked' }
    # Runs work while $env:TPMTBS_SOCKET names a socket at which nobody listens.
    function Invoke-WithoutBroker([scriptblock]$Work) {
        $env:TPMTBS_SOCKET = $nobody
        try { & $Work } finally { $env:TPMTBS_SOCKET = $broker.Socket }
    }
}

Describe 'a strict caller' {
    It 'with -ErrorAction Stop and strict mode sees no error without a fault' {
        & {
            Set-StrictMode -Version Latest
            $ErrorActionPreference = 'Stop'
            $status = Get-TbsStatus
            $lockout = Get-TbsLockout
            $verdict = Test-TbsCommandBlock TPM2_GetRandom
            $context = New-TbsContext
            $result = Submit-TbsCommand $getRandom -Context $context
            Remove-TbsContext $context.ContextId
            ($status, $lockout, $verdict, $result, (Get-TbsPolicy) | Out-String) | Should -Not -BeNullOrEmpty
            $result.Success | Should -BeTrue
        }
    }
}

Describe '-ErrorAction and -ErrorVariable' {
    It 'let the caller decide about an error of one object in a pipeline' {
        $found = 'TPM2_Nonsense', 'TPM2_Clear' | Test-TbsCommandBlock -ErrorAction SilentlyContinue -ErrorVariable problems
        $found.Name | Should -Be 'TPM2_Clear'
        $problems.Count | Should -Be 1
        { 'TPM2_Nonsense', 'TPM2_Clear' | Test-TbsCommandBlock -ErrorAction Stop } | Should -Throw -ErrorId 'TbsBadParameter,*'
    }

    It 'apply if the broker is not running' -TestCases @(
        @{ call = { Get-TbsStatus -ErrorAction SilentlyContinue -ErrorVariable script:problems } }
        @{ call = { Submit-TbsCommand '80010000000C0000017B0008' -ErrorAction SilentlyContinue -ErrorVariable script:problems } }
        @{ call = { 'TPM2_Clear' | Add-TbsCommandBlock -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable script:problems } }
        @{ call = { Update-TbsPolicy -ErrorAction SilentlyContinue -ErrorVariable script:problems } }
    ) {
        $script:problems = $null
        $went = Invoke-WithoutBroker { & $call; 'on' }
        $went | Should -Be 'on'
        $script:problems[0].Exception.Symbol | Should -Be 'TBS_E_SERVICE_NOT_RUNNING'
        $script:problems[0].CategoryInfo.Category | Should -Not -Be 'NotSpecified'
    }

    It 'apply as the preference of a calling function, in try as elsewhere' {
        Invoke-WithoutBroker {
            function Get-Quietly { [CmdletBinding()]param() Get-TbsStatus; 'went on' }
            foreach ($preference in 'SilentlyContinue', 'Ignore') {
                try { Get-Quietly -ErrorAction $preference | Should -Be 'went on' } catch { throw "caught: $_" }
                & { $ErrorActionPreference = $preference; try { Get-TbsStatus; 'went on' } catch { "$_" } } | Should -Be 'went on'
            }
            { Get-Quietly -ErrorAction Stop } | Should -Throw -ErrorId 'TbsServiceNotRunning,*'
            { & { $ErrorActionPreference = 'Continue'; Get-TbsStatus } } | Should -Throw -ErrorId 'TbsServiceNotRunning,*'
        }
    }

    It 'provide an exception that does not contain itself' {
        $problem = $null
        Get-TbsCommandBlock TPM2_Nonsense -ErrorAction SilentlyContinue -ErrorVariable problem
        $record = $problem[0].Exception.ErrorRecord
        $record.Exception | Should -BeOfType ([System.Management.Automation.ParentContainsErrorRecordException])
        "$record" | Should -Be "$($problem[0])"
        $record.CategoryInfo.Category | Should -Be $problem[0].CategoryInfo.Category
        # Get-Error shows the exception, and each that it contains.
        [regex]::Matches(($problem[0] | Get-Error | Out-String), 'TpmTbs\.TbsException').Count | Should -BeLessOrEqual 2
    }

    It 'provide an exception of the module with code, symbol and advice' {
        $caught = $null
        try { Invoke-WithoutBroker { Get-TbsStatus } } catch [TpmTbs.TbsException] { $caught = $_ }
        $caught.Exception.ResultCode | Should -Be 0x80284008L
        $caught.Exception.Symbol | Should -Be 'TBS_E_SERVICE_NOT_RUNNING'
        $caught.ErrorDetails.RecommendedAction | Should -Match 'Start-TbsService'
    }
}

Describe 'preferences of callers' {
    It '$PSDefaultParameterValues sets parameters' {
        $PSDefaultParameterValues = @{ 'Test-TbsCommandBlock:Class' = 'StandardUser'; '*-Tbs*:Verbose' = $false }
        (Test-TbsCommandBlock TPM2_Clear).Blocked | Should -BeTrue
    }

    It 'splatting passes parameters by name and by position' {
        $named = @{ Command = 'TPM2_Clear'; Class = 'StandardUser' }
        (Test-TbsCommandBlock @named).Blocked | Should -BeTrue
        $positional = @('TPM2_Clear')
        (Test-TbsCommandBlock @positional -Class StandardUser).Blocked | Should -BeTrue
    }

    It '-Verbose names the socket and the method' {
        $said = Get-TbsLockout -Verbose 4>&1 | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] }
        "$said" | Should -BeLike "*lockout/get*$($broker.Socket)*"
    }
}

Describe '-WhatIf and -Confirm of <place>' -ForEach @(
    @{ place = 'a function'; setUp = { function global:Invoke-Block { [CmdletBinding(SupportsShouldProcess)] param() Add-TbsCommandBlock TPM2_SelfTest | Out-Null } } }
    @{ place = 'a function in a module'; setUp = {
            New-Module -Name TbsCaller { function Invoke-Block { [CmdletBinding(SupportsShouldProcess)] param() Add-TbsCommandBlock TPM2_SelfTest | Out-Null } } | Import-Module -Global
        }
    }
    @{ place = 'a script'; setUp = {
            $path = "$TestDrive/Invoke-Block.ps1"
            [IO.File]::WriteAllText($path, "[CmdletBinding(SupportsShouldProcess)] param()`nAdd-TbsCommandBlock TPM2_SelfTest | Out-Null`n")
            Set-Alias -Name Invoke-Block -Value $path -Scope Global
        }
    }
) {
    BeforeAll { . $setUp }
    AfterEach { Remove-TbsCommandBlock TPM2_SelfTest -Confirm:$false -ErrorAction SilentlyContinue | Out-Null }
    AfterAll {
        Remove-Module TbsCaller -ErrorAction SilentlyContinue
        Remove-Item function:Invoke-Block, alias:Invoke-Block -ErrorAction SilentlyContinue
    }

    It 'reach the cmdlet' {
        Invoke-Block -WhatIf
        Test-Blocked | Should -BeFalse
        Invoke-Block -Confirm:$false
        Test-Blocked | Should -BeTrue
    }

    It 'reach the cmdlet as $WhatIfPreference' {
        $global:WhatIfPreference = $true
        try { Invoke-Block } finally { $global:WhatIfPreference = $false }
        Test-Blocked | Should -BeFalse
    }

    It 'give -Confirm:$false also to cmdlets that ask by default' {
        { Clear-Tpm -WhatIf } | Should -Not -Throw
        { Remove-TbsCommandBlock TPM2_SelfTest -Confirm:$false -ErrorAction SilentlyContinue } | Should -Not -Throw
    }
}

Describe 'the Stop preference of a caller' {
    It 'ends a function at the first error of one object' {
        function Invoke-Strictly { $ErrorActionPreference = 'Stop'; 'TPM2_Nonsense' | Add-TbsCommandBlock -Confirm:$false; 'went on' }
        { Invoke-Strictly } | Should -Throw -ErrorId 'TbsBadParameter,*'
    }

    It 'ends a function of a module at the first error of one object' {
        $module = New-Module { function Invoke-StrictlyInModule { $ErrorActionPreference = 'Stop'; 'TPM2_Nonsense' | Test-TbsCommandBlock; 'went on' } }
        { & $module { Invoke-StrictlyInModule } } | Should -Throw -ErrorId 'TbsBadParameter,*'
    }
}
