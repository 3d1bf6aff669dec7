# What scripts make of the results: JSON, CSV, HTML, CLIXML, tables, and objects that a job sends back.

BeforeDiscovery {
    $results = @(
        @{ name = 'status'; get = { Get-TbsStatus } }
        @{ name = 'lockout'; get = { Get-TbsLockout } }
        @{ name = 'policy'; get = { Get-TbsPolicy } }
        @{ name = 'events'; get = { Get-TbsEvent -Newest 5 } }
        @{ name = 'change of policy'; get = { Get-TbsEvent -Kind PolicyChanged } }
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
        @{ name = 'endorsement key'; get = { Get-TpmEndorsementKeyInfo -HashAlgorithm Sha256 }; forJson = { param($info) $info | Select-Object IsPresent, PublicKey, PublicKeyHash, @{ name = 'Certificates'; expression = { @($_.ManufacturerCertificates | Select-Object Subject, NotAfter, Thumbprint) } } } }
        @{ name = 'resources'; get = { Get-TbsResource } }
        @{ name = 'event actions'; get = { Get-TbsEventAction } }
        @{ name = 'physical presence'; get = { Get-TpmPhysicalPresence } }
    )
}

BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    . "$PSScriptRoot/Support/Firmware.ps1"
    . "$PSScriptRoot/Support/ActionScript.ps1"
    . "$PSScriptRoot/Support/ManufacturerCertificate.ps1"
    $log = New-EventLogFile
    $presence = New-PhysicalPresenceFolder
    $broker = Connect-PrivateBroker @{ platform = @{ eventLogPath = $log; physicalPresenceFolder = $presence } }
    Write-ManufacturerCertificate
    Initialize-Tpm | Out-Null
    [void](Invoke-AsOrdinaryUser)
    $context = New-TbsContext
    # TPM2_HashSequenceStart makes an object that stays in its context.
    Submit-TbsCommand '8001 0000000E 00000186 0000 000B' -Context $context | Out-Null
    $script = New-ActionScript "'hello'"
    Register-TbsEventAction lockoutBegan $script -Name one | Out-Null
    Set-TbsPolicy -Setting @{ ignoreLocalList = $true; allowedCommands = @{ standardUser = 'TPM2_EvictControl', 'TPM2_ClearControl' } } -Confirm:$false | Out-Null
    Set-TbsPolicy ignoreLocalList $false -Confirm:$false | Out-Null
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
    Remove-ActionScript
    Remove-FirmwareFolder $log
    Remove-FirmwareFolder $presence
}

Describe 'the <name>' -ForEach $results {
    BeforeAll { $given = @(& $get) }

    It 'is there' { $given.Count | Should -BeGreaterThan 0 }

    It 'has no type name and no @{ in CSV and HTML' {
        foreach ($text in ($given | ConvertTo-Csv -NoTypeInformation | Out-String), ($given | ConvertTo-Html | Out-String)) {
            $text | Should -Not -Match 'System\.|TpmTbs\.[A-Z]|\[\]|@\{'
        }
    }

    It 'has every value in JSON of depth 5, with enumerations by name on request' {
        $selected = if ($forJson) { & $forJson $given } else { $given }
        $json = $selected | ConvertTo-Json -Depth 5 -EnumsAsStrings -WarningAction Stop
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
            $text | Should -Not -Match 'TpmTbs\.[A-Z]\w*(\[\])?\s|@\{'
        }
    }
}

Describe 'results' {
    It 'of every Get cmdlet are tested above, but those of two that return text' {
        $text = 'Get-TpmOwnerAuth', 'Get-TpmSupportedFeature'
        $tested = [IO.File]::ReadAllText("$PSScriptRoot/OutputForms.Tests.ps1")
        (Get-Command -Module TpmTbs -Verb Get).Name.Where{ $_ -notin $text -and -not $tested.Contains("get = { $_") } | Should -BeNullOrEmpty
    }

    It 'of a change of policy show the lists that changed' {
        $change = Get-TbsEvent -Kind PolicyChanged | Where-Object Message -Match 'allowedCommands \(' | Select-Object -First 1
        $lists = $change.Details.Settings | Where-Object Name -EQ allowedCommands
        $lists.Class | Should -Be StandardUser
        $lists.After | Should -Be 0x120, 0x127
        $text = 'Name: allowedCommands; Class: StandardUser; Before: none; After: 0x120, 0x127; Source: '
        ($change | ConvertTo-Csv | Out-String), ($change | ConvertTo-Html | Out-String), ($change | Format-List * | Out-String -Width 900) |
            Should -Match ([regex]::Escape($text))
        $json = @(Get-TbsEvent) | ConvertTo-Json -Depth 5 -WarningAction Stop | ConvertFrom-Json
        $json.Details.Settings.After | Should -Contain 0x127
    }

    It 'with bytes serve wherever an array does, copies too' {
        $result = Submit-TbsCommand 80010000000C0000017B0008
        $result | Export-Clixml "$TestDrive/bytes.xml"
        foreach ($one in $result, (Import-Clixml "$TestDrive/bytes.xml"), (Copy-ThroughJob $result)) {
            [BitConverter]::ToString([byte[]]$one.Response).Replace('-', '') | Should -Be $result.ResponseHex
            "$($one.Response.Length), $($one.Response.Count), $($one.Response[0..3])" | Should -Be '20, 20, 128 1 0 0'
            ($one | ConvertTo-Csv | ConvertFrom-Csv).Response | Should -Be $result.ResponseHex
            ($one | ConvertTo-Json | ConvertFrom-Json).Response | Should -Be ([byte[]]$result.Response)
        }
        [BitConverter]::ToString($result.Response).Replace('-', '') | Should -Be $result.ResponseHex
        [IO.File]::WriteAllBytes("$TestDrive/response.bin", $result.Response)
        [IO.File]::ReadAllBytes("$TestDrive/response.bin") | Should -Be ([byte[]]$result.Response)
        # Sent as a command, a response reaches the broker, which refuses command 0.
        foreach ($send in { Submit-TbsCommand $result.Response -ErrorAction Stop }, { $result.Response | Submit-TbsCommand -ErrorAction Stop }) {
            (Get-Problem $send).FullyQualifiedErrorId | Should -BeLike 'TbsCommandBlocked,*'
        }
    }

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

    It 'of a TPM show every property but the owner authorization, which only its name gets, and copies do not have' {
        $tpm = Get-Tpm
        $auth = Get-TpmOwnerAuth
        $change = Set-TpmOwnerAuth -NewOwnerAuthorization $auth
        $tpm, $change | Export-Clixml "$TestDrive/tpm.xml"
        foreach ($one in $tpm, $change) {
            $one.OwnerAuth | Should -Be $auth
            ($one | Select-Object OwnerAuth).OwnerAuth | Should -Be $auth
        }
        [IO.File]::ReadAllText("$TestDrive/tpm.xml").Contains($auth) | Should -BeFalse
        foreach ($one in @($tpm, $change, (Copy-ThroughJob $tpm), (Copy-ThroughJob $change)) + (Import-Clixml "$TestDrive/tpm.xml")) {
            $texts = @(
                (Get-TbsLockout), $one | Out-String
                $one | Format-List * | Out-String
                $one | Format-Custom * | Out-String
                $one | Select-Object * | Out-String
                ($one | ConvertTo-Csv) -join '|'
                ($one | ConvertTo-Html) -join '|'
            )
            foreach ($text in $texts) { $text.Contains($auth) | Should -BeFalse }
            if ($one.PSObject.TypeNames[0] -notlike '*.Tpm') { continue }
            foreach ($name in $tpm.PSObject.Properties.Name -ne 'OwnerAuth') { $texts[0] | Should -Match "(?m)^$name +:" }
        }
    }

    It 'complete the names of their properties' -TestCases @(
        @{ line = '(Get-TbsLockout).TotalT'; expected = 'TotalThreshold' }
        @{ line = 'Get-TbsStatus | Select-Object Endp'; expected = 'Endpoints' }
        @{ line = 'Get-TbsContext | Where-Object Wait'; expected = 'WaitingCommands' }
        @{ line = '(Submit-TbsCommand 80).Resp'; expected = 'ResponseCode' }
        @{ line = '(Get-TbsStatus).Limits.Conn'; expected = 'ConnectionsPerUser' }
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
