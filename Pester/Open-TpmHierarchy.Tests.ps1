BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    # A private broker, because the tests change the ownership of its TPM.
    $broker = Connect-PrivateBroker
    function Get-Hierarchy { $state = Get-TpmProvisioningState; "$($state.StorageHierarchy) $($state.EndorsementHierarchy)" }
    # What an event's warning and the cmdlet's say alike.
    $stops = 'clevis, systemd-cryptenroll, tpm2-pkcs11, FAPI'
}

AfterAll {
    Disconnect-PrivateBroker $broker
}

Describe 'the hierarchies of a TPM 2.0' {
    BeforeEach {
        Set-TbsPolicy closeHierarchies $false | Out-Null
        Initialize-Tpm -WarningAction SilentlyContinue | Out-Null
        Open-TpmHierarchy | Out-Null
    }

    It 'stay open without a parameter, and without a warning' {
        Initialize-Tpm -WarningVariable warnings | Out-Null
        $warnings | Should -BeNullOrEmpty
        Get-Hierarchy | Should -Be 'Open Open'
    }

    It 'are closed by -CloseHierarchies, after a warning about programs that stop working' {
        (Initialize-Tpm -CloseHierarchies -WarningVariable warnings -WarningAction SilentlyContinue).StorageHierarchy | Should -Be 'Closed'
        "$warnings" | Should -Match $stops
        Get-Hierarchy | Should -Be 'Closed Closed'
        # Nothing stops that had not stopped before.
        Initialize-Tpm -CloseHierarchies -WarningVariable again | Out-Null
        $again | Should -BeNullOrEmpty
    }

    It 'are not closed with -WhatIf, nor if the warning stops the cmdlet' {
        Initialize-Tpm -CloseHierarchies -WhatIf -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        (Get-Problem { Initialize-Tpm -CloseHierarchies -WarningAction Stop }).FullyQualifiedErrorId | Should -Match '^ActionPreferenceStop'
        Get-Hierarchy | Should -Be 'Open Open'
    }

    It 'are closed if policy requires it, after the same warning' {
        Set-TbsPolicy closeHierarchies $true | Out-Null
        Initialize-Tpm -WarningVariable warnings -WarningAction SilentlyContinue | Out-Null
        "$warnings" | Should -Match "^Policy .*$stops"
        Get-Hierarchy | Should -Be 'Closed Closed'
        (Get-Problem { Open-TpmHierarchy }).FullyQualifiedErrorId | Should -Be 'TbsProvisioningNotAllowed,TpmTbs.Cmdlets.OpenTpmHierarchyCommand'
    }
}

Describe 'Open-TpmHierarchy' {
    BeforeAll {
        Set-TbsPolicy closeHierarchies $false | Out-Null
        Initialize-Tpm -CloseHierarchies -WarningAction SilentlyContinue | Out-Null
    }

    It 'changes nothing with -WhatIf' {
        Open-TpmHierarchy -WhatIf | Should -BeNullOrEmpty
        Get-Hierarchy | Should -Be 'Closed Closed'
    }

    It 'accepts base64 text and SecureStrings of it, and refuses other text without asking the broker' {
        (Get-Problem { Open-TpmHierarchy 'no base64' }).FullyQualifiedErrorId | Should -Be 'TbsBadParameter,TpmTbs.Cmdlets.OpenTpmHierarchyCommand'
        $storage = Get-TpmOwnerAuth -Type Storage20 -AsSecureString
        $state = Open-TpmHierarchy $storage (Get-TpmOwnerAuth -Type Endorsement20)
        "$($state.StorageHierarchy) $($state.EndorsementHierarchy)" | Should -Be 'Open Open'
        # Again, without harm.
        (Open-TpmHierarchy).StorageHierarchy | Should -Be 'Open'
    }
}
