# What scripts make of the results: JSON, CSV, HTML, CLIXML, tables, and objects that a job sends back.

BeforeDiscovery {
    $results = @(
        @{ name = 'status'; get = { Get-TbsStatus } }
        @{ name = 'lockout'; get = { Get-TbsLockout } }
        @{ name = 'policy'; get = { Get-TbsPolicy } }
        @{ name = 'events'; get = { Get-TbsEvent -Newest 5 } }
        @{ name = 'command lists'; get = { Get-TbsCommandBlock TPM2_Clear, TPM2_GetRandom } }
        @{ name = 'verdict'; get = { Test-TbsCommandBlock TPM2_Clear -Class StandardUser } }
        @{ name = 'device'; get = { Get-TbsDeviceInfo } }
        @{ name = 'TPM'; get = { Get-Tpm } }
        @{ name = 'level'; get = { Get-TpmAuthLevel } }
        @{ name = 'explanation'; get = { Get-TbsPolicy ignoreLocalList -Explain } }
        @{ name = 'contexts'; get = { Get-TbsContext } }
        @{ name = 'provisioning'; get = { Get-TpmProvisioningState } }
        @{ name = 'backup'; get = { Get-TpmOwnerAuthBackup } }
        @{ name = 'snapshot'; get = { Watch-Tbs -Count 1 } }
        @{ name = 'costs'; get = { (Get-TbsStatus).Costs } }
        @{ name = 'compliance'; get = { Test-TbsPolicy -Setting @{ ignoreLocalList = $true; disallowedCommands = @{ standardUser = 'TPM2_Clear' } } } }
        @{ name = 'response'; get = { Submit-TbsCommand 80010000000C0000017B0008 } }
        @{ name = 'lockout parameters'; get = { Get-TpmLockoutParameter } }
        @{ name = 'boot log'; get = { Get-TpmEventLog } }
        @{ name = 'replayed boot log'; get = { Test-TpmEventLog } }
        @{ name = 'physical presence'; get = { Get-TpmPhysicalPresence } }
    )
}

BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    . "$PSScriptRoot/Support/Firmware.ps1"
    $log = New-EventLogFile
    $presence = New-PhysicalPresenceFolder
    $broker = Connect-PrivateBroker @{ platform = @{ eventLogPath = $log; physicalPresenceFolder = $presence } }
    Initialize-Tpm | Out-Null
    [void](Invoke-AsOrdinaryUser)
    $context = New-TbsContext
    function Get-Text($InputObject) { ($InputObject | Out-String -Width 300) -replace '\s+$' -replace '^\s+' }
    # What a job or a remote session makes of each object.
    function Copy-ThroughJob($InputObject) {
        foreach ($one in $InputObject) {
            [System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize($one, 1))
        }
    }
}
AfterAll {
    Disconnect-PrivateBroker $broker
    Remove-FirmwareFolder $log
    Remove-FirmwareFolder $presence
}

Describe 'the <name>' -ForEach $results {
    BeforeAll { $given = @(& $get) }

    It 'is there' { $given.Count | Should -BeGreaterThan 0 }

    It 'has no type name in CSV and HTML' {
        foreach ($text in ($given | ConvertTo-Csv -NoTypeInformation | Out-String), ($given | ConvertTo-Html | Out-String)) {
            # Bytes stay bytes; those of a response are also there in hexadecimal.
            $text.Replace('System.Byte[]', '') | Should -Not -Match 'System\.|TpmTbs\.[A-Z]|\[\]'
        }
    }

    It 'has every value in JSON of depth 5, with enumerations by name on request' {
        $json = $given | ConvertTo-Json -Depth 5 -EnumsAsStrings -WarningAction Stop
        $json | Should -Not -Match 'TpmTbs\.[A-Z]|System\.|@\{'
        @($json | ConvertFrom-Json).Count | Should -Be $given.Count
    }

    It 'looks the same after CLIXML, with its view' {
        $path = "$TestDrive/result.xml"
        $given | Export-Clixml $path -Depth 4
        $back = @(Import-Clixml $path)
        $back[0].PSObject.TypeNames[0] | Should -BeLike 'Deserialized.TpmTbs.*'
        (Get-Text $back) | Should -Be (Get-Text $given)
    }

    It 'looks the same after the serialization of a job' {
        $back = @(Copy-ThroughJob $given)
        $back[0].PSObject.TypeNames[0] | Should -BeLike 'Deserialized.TpmTbs.*'
        (Get-Text $back) | Should -Be (Get-Text $given)
    }

    It 'looks the same in a ConstrainedLanguage session' {
        $text = Get-Text $given
        $session = [powershell]::Create()
        try {
            $script = {
                param($Manifest, $Given)
                Import-Module $Manifest
                $ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'
                $Given | Out-String -Width 300
            }
            $there = $session.AddScript($script).AddArgument("$RepositoryRoot/TpmTbs.psd1").AddArgument($given).Invoke()
            $session.Streams.Error | Should -BeNullOrEmpty
            ("$there" -replace '\s+$' -replace '^\s+') | Should -Be $text
        }
        finally { $session.Dispose() }
    }

    It 'makes a table and a list' {
        foreach ($text in ($given | Format-Table | Out-String), ($given | Format-List * | Out-String)) {
            $text.Trim() | Should -Not -BeNullOrEmpty
            $text | Should -Not -Match 'TpmTbs\.[A-Z]\w*(\[\])?\s'
        }
    }
}

Describe 'results' {
    It 'keep whole numbers in JSON' {
        (Get-TbsStatus | ConvertTo-Json -Depth 5) | Should -Match '"Connections": \d+,'
        (Get-TbsPolicy standardUserAuthorizationFailureTotalThreshold).Value | Should -BeOfType [long]
    }

    It 'show users in CSV by name' {
        (Get-TbsLockout | ConvertTo-Csv | Select-Object -Last 1) | Should -Match 'daemon\): \d+ failures'
    }

    It 'of a job have their view' {
        $status = Start-Job { Import-Module $args[0]; Get-TbsLockout } -ArgumentList "$RepositoryRoot/TpmTbs.psd1" | Receive-Job -Wait -AutoRemoveJob
        (Get-Text $status) | Should -Be (Get-Text (Get-TbsLockout))
    }

    It 'of a job keep their nested objects' {
        $status = Start-Job { Import-Module $args[0]; Get-TbsStatus } -ArgumentList "$RepositoryRoot/TpmTbs.psd1" | Receive-Job -Wait -AutoRemoveJob
        $status.Queue.Completed | Should -BeOfType [long]
        $status.TpmLockout.MaxTries | Should -Be 32
        $status.Limits.Connections | Should -BeOfType [long]
    }

    It 'of a job keep their times as text that every culture reads' {
        $status = Get-TbsStatus
        $culture = [cultureinfo]::CurrentCulture
        try {
            [cultureinfo]::CurrentCulture = 'fr-FR'
            $copy = Copy-ThroughJob $status
            $copy.StartedAt | Should -BeOfType [string]
            ($status.StartedAt - [datetimeoffset]$copy.StartedAt).TotalSeconds | Should -BeLessThan 1
        }
        finally { [cultureinfo]::CurrentCulture = $culture }
    }

    It 'of a job and of a CLIXML file compare by name: <name>' -TestCases @(
        @{ name = 'Health'; command = { Get-TbsStatus }; value = 'Works' }
        @{ name = 'Cancellation'; command = { Get-TbsStatus }; value = 'ControlChannel' }
        @{ name = 'SourceKind'; command = { Get-TbsPolicy maxContexts }; value = 'Default' }
        @{ name = 'StandardUser'; command = { Get-TbsCommandBlock TPM2_Clear }; value = 'Blocked' }
        @{ name = 'Kind'; command = { Get-TbsEvent | Select-Object -First 1 }; value = 'Administration' }
    ) {
        $given = & $command
        $given | Export-Clixml "$TestDrive/compared.xml"
        foreach ($one in $given, (Copy-ThroughJob $given), (Import-Clixml "$TestDrive/compared.xml")) {
            $one.$name -eq $value | Should -BeTrue
            $one | Where-Object $name -EQ $value | Should -Not -BeNullOrEmpty
            ($one | ConvertTo-Json -Depth 5 -EnumsAsStrings | ConvertFrom-Json).$name | Should -Be $value
        }
    }

    It 'show numbers alike in every culture' {
        $culture = [cultureinfo]::CurrentCulture
        $costs = (Get-TbsStatus).Costs
        $status = Get-TbsStatus
        try {
            foreach ($name in '', 'fr-FR') {
                [cultureinfo]::CurrentCulture = $name
                (Get-Text $costs) | Should -Match '\d\.\d{3}'
                (Get-Text $status) | Should -Match 'about \d+\.\d ms'
                (Get-Text (Watch-Tbs -Count 1)) | Should -Match '\d\d:\d\d:\d\d +\w+ +\d+ +\d+\.\d'
            }
        }
        finally { [cultureinfo]::CurrentCulture = $culture }
    }

    It 'of a TPM show every property but the owner authorization in a mixed list, copies too' {
        $tpm = Get-Tpm
        $auth = Get-TpmOwnerAuth
        $tpm.OwnerAuth | Should -Be $auth
        $tpm | Export-Clixml "$TestDrive/tpm.xml"
        $change = Set-TpmOwnerAuth -NewOwnerAuthorization $auth
        foreach ($one in $tpm, (Import-Clixml "$TestDrive/tpm.xml"), (Copy-ThroughJob $tpm), $change, (Copy-ThroughJob $change)) {
            $one.OwnerAuth | Should -Be $auth
            $text = (Get-TbsLockout), $one | Out-String
            $text.Contains($auth) | Should -BeFalse
            if ($one.PSObject.TypeNames[0] -notlike '*.Tpm') { continue }
            foreach ($name in $tpm.PSObject.Properties.Name -ne 'OwnerAuth') { $text | Should -Match "(?m)^$name +:" }
        }
    }

    It 'complete the names of their properties' -TestCases @(
        @{ line = '(Get-TbsLockout).TotalT'; expected = 'TotalThreshold' }
        @{ line = 'Get-TbsStatus | Select-Object Endp'; expected = 'Endpoints' }
        @{ line = 'Get-TbsContext | Where-Object Wait'; expected = 'WaitingCommands' }
        @{ line = '(Submit-TbsCommand 80).Resp'; expected = 'ResponseCode' }
    ) {
        @((TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches.CompletionText) | Should -Contain $expected
    }

    It 'go into other cmdlets by property name' {
        (Get-TbsCommandBlock TPM2_Clear | Test-TbsCommandBlock -Class StandardUser).Blocked | Should -BeTrue
        ([pscustomobject]@{ Name = 'TPM2_Clear'; Class = 'standarduser' } | Test-TbsCommandBlock).Blocked | Should -BeTrue
        $other = New-TbsContext
        Get-TbsContext $other.ContextId | Remove-TbsContext
        @(Get-TbsContext).ContextId | Should -Not -Contain $other.ContextId
    }
}
