# Every kind of session in which people use the module: constrained ones, jobs, other cultures, other ways to load it.

BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
    $manifest = "$RepositoryRoot/TpmTbs.psd1"

    # What a session of its own prints, one line after the other.
    function Invoke-Session([string]$Text, [hashtable]$Environment = @{}) {
        @((Invoke-Program 'pwsh' '-NoProfile', '-NonInteractive', '-Command', "`$ErrorActionPreference = 'Stop'; $Text" $Environment).Trim() -split '\r?\n')
    }

    # A folder of modules with these versions of the module.
    function New-ModuleFolder([string[]]$Versions) {
        $folder = "$TestDrive/modules-$([guid]::NewGuid().ToString('N'))"
        foreach ($version in $Versions) {
            $target = "$folder/TpmTbs/$version"
            [void][IO.Directory]::CreateDirectory("$target/module")
            Copy-Item "$RepositoryRoot/module/TpmTbs.format.ps1xml" "$target/module"
            Copy-Item "$RepositoryRoot/module/bin" "$target/module" -Recurse
            $text = [IO.File]::ReadAllText($manifest) -replace "(ModuleVersion\s*=) '[^']*'", "`$1 '$version'"
            [IO.File]::WriteAllText("$target/TpmTbs.psd1", $text)
        }
        $folder
    }
}

Describe 'a ConstrainedLanguage session' {
    It 'has every result, refusal and view' {
        $lines = Invoke-Session @"
Import-Module '$manifest'
`$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'
(Get-TbsLockout).TotalThreshold
(Submit-TbsCommand 80010000000C0000017B0008).Success
(Test-TbsCommandBlock TPM2_Clear -Class StandardUser).Blocked
try { Submit-TbsCommand zz -ErrorAction Stop } catch { `$_.FullyQualifiedErrorId }
(Get-TbsStatus | Out-String) -match 'Health\s+: Works'
"@
        $lines | Should -Be '9', 'True', 'True', 'TbsBadParameter,TpmTbs.Cmdlets.SubmitTbsCommandCommand', 'True'
    }
}

Describe 'the culture <culture>' -ForEach @(@{ culture = 'th-TH' }, @{ culture = 'tr-TR' }, @{ culture = 'fr-FR' }, @{ culture = 'ar-SA' }, @{ culture = 'fa-IR' }) {
    It 'changes only how dates are displayed' {
        $lines = Invoke-Session @"
Import-Module '$manifest'
[cultureinfo]::CurrentCulture = [cultureinfo]::CurrentUICulture = '$culture'
[cultureinfo]::DefaultThreadCurrentCulture = '$culture'
[cultureinfo]::CurrentCulture.Name
(Get-TbsStatus).State
(Test-TbsCommandBlock tpm2_policynv -Class STANDARDUSER -TpmVersion 2.0).Name
(Submit-TbsCommand 80010000000C0000017B0008 -Priority hIgH -TimeoutSeconds 5.5).AppliedPriority
(Get-TbsPolicy IGNORELOCALLIST).Name
try { Set-TbsPolicy standardUserAuthorizationFailureDurationMinutes 480 -WhatIf *>`$null; 'set' } catch { "`$_" }
(Get-TbsStatus).StartedAt.UtcDateTime.ToString('yyyy', [cultureinfo]::InvariantCulture)
[bool](Get-TbsStatus | Out-String)
(Get-TbsLockout | ConvertTo-Json -Depth 5 | ConvertFrom-Json).TotalThreshold
"@ @{ DOTNET_SYSTEM_GLOBALIZATION_INVARIANT = '0'; DOTNET_SYSTEM_GLOBALIZATION_PREDEFINED_CULTURES_ONLY = '0' }
        if ($lines[0] -ne $culture) { Set-ItResult -Skipped -Because "this .NET has no culture $culture" ; return }
        $lines[1..8] | Should -Be 'Running', 'TPM2_PolicyNV', '300', 'ignoreLocalList', 'set', ([datetime]::UtcNow.Year), 'True', '9'
    }
}

Describe 'a session of the locale <locale>' -ForEach @(@{ locale = 'th_TH.UTF-8' }, @{ locale = 'tr_TR.UTF-8' }, @{ locale = 'fr_FR.UTF-8' }, @{ locale = 'C' }) {
    It 'can call cmdlets and complete' {
        $lines = Invoke-Session @"
Import-Module '$manifest'
(Get-TbsLockout).TotalThreshold
(TabExpansion2 'Test-TbsCommandBlock TPM2_GetR' 30).CompletionMatches.CompletionText -contains 'TPM2_GetRandom'
"@ @{ LANG = $locale; LC_ALL = $locale }
        $lines | Should -Be '9', 'True'
    }
}

Describe 'a transcript' {
    It 'contains no owner authorization' {
        $private = Start-PrivateBroker
        try {
            $lines = Invoke-Session @"
Start-Transcript '$TestDrive/transcript.txt' | Out-Null
Import-Module '$manifest'
Initialize-Tpm -Confirm:`$false -Verbose | Out-Null
`$auth = Get-TpmOwnerAuth -Verbose
Unblock-Tpm -OwnerAuthorization `$auth -Confirm:`$false -Verbose | Out-Null
try { Clear-Tpm -OwnerAuthorization `$auth } catch { "`$_" | Out-Null }
Stop-Transcript | Out-Null
`$auth
"@ @{ TPMTBS_SOCKET = $private.Socket }
            $auth = $lines[-1]
            $auth.Length | Should -BeGreaterThan 20
            $text = [IO.File]::ReadAllText("$TestDrive/transcript.txt")
            $text | Should -Match 'tpm/initialize|Calling'
            $text.Contains($auth) | Should -BeFalse
            # A session without the module has no views for what a job or another machine sends.
            $received = Invoke-Session @"
Start-Transcript '$TestDrive/received.txt' | Out-Null
Start-Job { Import-Module '$manifest'; Get-Tpm } | Receive-Job -Wait | Format-List * | Out-Default
Stop-Transcript | Out-Null
"@ @{ TPMTBS_SOCKET = $private.Socket }
            "$received" | Should -Match 'ManagedAuthLevel'
            $text = [IO.File]::ReadAllText("$TestDrive/received.txt")
            $text | Should -Match 'ManagedAuthLevel'
            $text.Contains($auth) | Should -BeFalse
        }
        finally { Stop-PrivateBroker $private }
    }
}

Describe 'loading' {
    It 'works by name, by the first cmdlet, twice, again, with a prefix, and after removal' {
        $folder = New-ModuleFolder '0.1.0'
        $lines = Invoke-Session @'
(Get-TbsLockout).TotalThreshold
Import-Module TpmTbs; Import-Module TpmTbs; Import-Module TpmTbs -Force
(Get-TbsLockout).TotalThreshold
Remove-Module TpmTbs; "$(Get-Module TpmTbs)"
Import-Module TpmTbs -Prefix My
(Get-MyTbsLockout).TotalThreshold
Remove-Module TpmTbs
(Get-TbsLockout).TotalThreshold
'@ @{ PSModulePath = $folder }
        $lines | Should -Be '9', '9', '', '9', '9'
    }

    It 'of two versions leaves the first one working, and command names complete' {
        $folder = New-ModuleFolder '0.1.0', '0.2.0'
        $lines = Invoke-Session @'
"$((Get-Command Get-TbsLockout).Version)"
Import-Module TpmTbs -RequiredVersion 0.1.0
Import-Module TpmTbs -RequiredVersion 0.2.0
(Get-TbsLockout).TotalThreshold
@((TabExpansion2 'Get-TbsLo' 9).CompletionMatches.CompletionText) -contains 'Get-TbsLockout'
@((TabExpansion2 'Submit-Tbs' 10).CompletionMatches.CompletionText) -contains 'Submit-TbsCommand'
'@ @{ PSModulePath = $folder }
        $lines | Should -Be '0.2.0', '9', 'True', 'True'
    }

    It 'is not disturbed by Update-Help, which skips a module without a place for its help' {
        # A folder without help stands for the network. PowerShell's own modules have none there and are named.
        $noHelp = (New-Item -ItemType Directory "$TestDrive/no-help").FullName
        Update-Help -SourcePath $noHelp -UICulture en-US -ErrorAction SilentlyContinue -ErrorVariable problems
        "$problems" | Should -Match 'Microsoft\.PowerShell\.Management'
        "$problems" | Should -Not -Match 'TpmTbs'
    }

    It 'has all its help already, and Update-Help by its name says that there is nothing to load' {
        Update-Help -Module TpmTbs -UICulture en-US -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems.FullyQualifiedErrorId | Should -Be 'HelpInfoUriNotFound,Microsoft.PowerShell.Commands.UpdateHelpCommand'
        (Get-Help Get-TbsLockout).Synopsis | Should -Match 'authorization failures'
    }

    It 'provides about_TpmTbs' {
        (Get-Help about_TpmTbs | Out-String) | Should -Match 'Get-Command -Module TpmTbs'
    }
}

Describe 'several runspaces' {
    It 'share the connection: ForEach-Object -Parallel, thread jobs and jobs' {
        $texts = 1..8 | ForEach-Object -Parallel { Import-Module $using:manifest; (Get-TbsLockout).TotalThreshold; (Submit-TbsCommand 80010000000C0000017B0008).Success } -ThrottleLimit 4
        @($texts | Where-Object { $_ -is [long] -and $_ -eq 9 }).Count | Should -Be 8
        @($texts | Where-Object { $_ -is [bool] -and $_ }).Count | Should -Be 8
        $jobs = 1..3 | ForEach-Object { Start-ThreadJob { Import-Module $args[0]; (Test-TbsCommandBlock TPM2_GetRandom).Name } -ArgumentList $manifest }
        $jobs | Receive-Job -Wait -AutoRemoveJob | Should -Be 'TPM2_GetRandom', 'TPM2_GetRandom', 'TPM2_GetRandom'
        Start-Job { Import-Module $args[0]; (Get-TbsStatus).State.ToString() } -ArgumentList $manifest | Receive-Job -Wait -AutoRemoveJob | Should -Be 'Running'
    }
}

Describe 'a broker that is stopped (SIGSTOP)' {
    BeforeAll { $private = Start-PrivateBroker }
    AfterAll {
        [void](Invoke-Program 'kill' '-CONT', "$($private.Process.Id)")
        Stop-PrivateBroker $private
    }

    It 'makes a cmdlet give up after the time limit, and a completion after 0.3 seconds' {
        [void](Invoke-Program 'kill' '-STOP', "$($private.Process.Id)")
        $lines = Invoke-Session @"
Import-Module '$manifest'
`$watch = [Diagnostics.Stopwatch]::StartNew()
try { Get-TbsStatus } catch { `$_.FullyQualifiedErrorId; "`$_" -match 'no sign of life' }
`$watch.Elapsed.TotalSeconds -ge 1.9 -and `$watch.Elapsed.TotalSeconds -lt 12
`$watch.Restart()
`$null = TabExpansion2 'Get-TbsLockout -User ' 21
`$watch.Elapsed.TotalSeconds -lt 1.9
"@ @{ TPMTBS_SOCKET = $private.Socket; TPMTBS_BROKER_TIMEOUT = '2' }
        $lines | Should -Be 'TbsServiceNotRunning,TpmTbs.Cmdlets.GetTbsStatusCommand', 'True', 'True', 'True'
    }
}
