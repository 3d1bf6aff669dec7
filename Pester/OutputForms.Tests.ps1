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
    )
}

BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-SharedBroker
    [void](Invoke-AsOrdinaryUser)
    $context = New-TbsContext
    function Get-Text($InputObject) { ($InputObject | Out-String -Width 300) -replace '\s+$' -replace '^\s+' }
}
AfterAll {
    Remove-TbsContext $context.ContextId
    Reset-TbsLockout -Confirm:$false | Out-Null
}

Describe 'the <name>' -ForEach $results {
    BeforeAll { $given = @(& $get) }

    It 'is there' { $given.Count | Should -BeGreaterThan 0 }

    It 'has no type name in CSV and HTML' {
        foreach ($text in ($given | ConvertTo-Csv -NoTypeInformation | Out-String), ($given | ConvertTo-Html | Out-String)) {
            $text | Should -Not -Match 'System\.|TpmTbs\.[A-Z]|\[\]'
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
