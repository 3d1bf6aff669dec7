# Windows' module TrustedPlatformModule, as its reference pages describe it (learn.microsoft.com, Windows Server 2025):
# parameters with aliases, parameter sets and pipeline, and the properties of what each cmdlet gives. In Sets a
# mandatory parameter has a *.

BeforeDiscovery {
    $tpmObject = @(
        'TpmPresent', 'TpmReady', 'TpmEnabled', 'TpmActivated', 'TpmOwned', 'RestartPending', 'ManufacturerId', 'ManufacturerIdTxt',
        'ManufacturerVersion', 'ManufacturerVersionFull20', 'ManagedAuthLevel', 'OwnerAuth', 'OwnerClearDisabled', 'AutoProvisioning',
        'LockedOut', 'LockoutHealTime', 'LockoutCount', 'LockoutMax', 'SelfTest')
    $windows = @(
        @{ Name = 'Get-Tpm'; Sets = @(''); Gives = $tpmObject; Try = { Get-Tpm } }
        @{ Name = 'Initialize-Tpm'; Sets = @('AllowClear AllowPhysicalPresence'); Aliases = 'AllowClear=c', 'AllowPhysicalPresence=p'
            Positions = 'AllowClear', 'AllowPhysicalPresence'; Try = { Initialize-Tpm }
            Gives = 'TpmReady', 'RestartRequired', 'ShutdownRequired', 'ClearRequired', 'PhysicalPresenceRequired'
        }
        @{ Name = 'Unblock-Tpm'; Sets = @('OwnerAuthorization', 'File*'); Aliases = @('OwnerAuthorization=o'); Positions = @('OwnerAuthorization')
            Pipeline = @('OwnerAuthorization'); Gives = $tpmObject; Try = { Unblock-Tpm }
        }
        @{ Name = 'Import-TpmOwnerAuth'; Sets = @('OwnerAuthorization*', 'File*'); Aliases = @('OwnerAuthorization=o'); Positions = @('OwnerAuthorization')
            Pipeline = @('OwnerAuthorization'); Gives = $tpmObject; Try = { Import-TpmOwnerAuth (Get-TpmOwnerAuth) }
        }
        @{ Name = 'Set-TpmOwnerAuth'
            Sets = 'File* NewOwnerAuthorization*', 'File* NewFile*', 'OwnerAuthorization NewFile*', 'OwnerAuthorization NewOwnerAuthorization*'
            Aliases = 'OwnerAuthorization=o', 'NewOwnerAuthorization=no', 'NewFile=nf'; Positions = @('OwnerAuthorization')
            Pipeline = @('NewOwnerAuthorization'); Gives = $tpmObject; Try = { ConvertTo-TpmOwnerAuth 'next' | Set-TpmOwnerAuth }
        }
        @{ Name = 'ConvertTo-TpmOwnerAuth'; Sets = @('PassPhrase*'); Positions = @('PassPhrase'); Pipeline = @('PassPhrase'); Gives = @()
            Try = { ConvertTo-TpmOwnerAuth 'Saturn1977&&' }
        }
        @{ Name = 'Get-TpmEndorsementKeyInfo'; Sets = @('HashAlgorithm'); Positions = @('HashAlgorithm'); Pipeline = @('HashAlgorithm')
            Gives = 'IsPresent', 'PublicKey', 'PublicKeyHash', 'ManufacturerCertificates', 'AdditionalCertificates'
            Try = { Get-TpmEndorsementKeyInfo -Hash 'Sha256' }
        }
        @{ Name = 'Get-TpmSupportedFeature'; Sets = @('FeatureList'); Positions = @('FeatureList'); Pipeline = @('FeatureList'); Gives = @()
            Try = { Get-TpmSupportedFeature -FeatureList 'Key Attestation' }
        }
        @{ Name = 'Enable-TpmAutoProvisioning'; Sets = @(''); Gives = $tpmObject; Try = { Enable-TpmAutoProvisioning } }
        @{ Name = 'Disable-TpmAutoProvisioning'; Sets = @('OnlyForNextRestart'); Gives = $tpmObject; Try = { Disable-TpmAutoProvisioning -OnlyForNextRestart } }
        # The last, since nothing is kept any more.
        @{ Name = 'Clear-Tpm'; Sets = 'OwnerAuthorization UsePPI', 'File*'; Aliases = 'OwnerAuthorization=o', 'UsePPI=ppi'; Positions = @('OwnerAuthorization')
            Pipeline = @('OwnerAuthorization'); Gives = $tpmObject; Try = { Clear-Tpm -Confirm:$false }
        }
    )
}

BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-PrivateBroker
    Initialize-Tpm | Out-Null
    # What the module has beside Windows' parameters: the common ones, the prompt of a secret, and what Windows never does.
    $common = @([System.Management.Automation.Cmdlet]::CommonParameters) + @([System.Management.Automation.Cmdlet]::OptionalCommonParameters) +
        'Prompt', 'CloseHierarchies'
    function Get-SetText($Set) {
        $own = @($Set.Parameters | Where-Object { $common -notcontains $_.Name })
        ($own | ForEach-Object { $_.Name + $(if ($_.IsMandatory) { '*' }) } | Sort-Object) -join ' '
    }
}

AfterAll {
    Disconnect-PrivateBroker $broker
}

Describe '<Name> as on Windows' -ForEach $windows {
    It 'has the parameters and parameter sets of Windows' {
        $found = @((Get-Command $Name).ParameterSets | Where-Object { @($_.Parameters.Name) -notcontains 'Prompt' } | ForEach-Object { Get-SetText $_ })
        $wanted = @($Sets | ForEach-Object { (($_ -split ' ') | Sort-Object) -join ' ' })
        ($found | Sort-Object) -join '; ' | Should -Be (($wanted | Sort-Object) -join '; ')
    }

    It 'has their aliases, positions and pipeline' {
        $command = Get-Command $Name
        foreach ($pair in @($Aliases | Where-Object { $_ })) {
            $parameter, $alias = $pair -split '='
            $command.Parameters[$parameter].Aliases | Should -Contain $alias
        }
        foreach ($parameter in @($Positions | Where-Object { $_ })) {
            @($command.ParameterSets.Parameters | Where-Object { $_.Name -eq $parameter -and $_.Position -ge 0 }).Count | Should -BeGreaterThan 0
        }
        foreach ($parameter in @($Pipeline | Where-Object { $_ })) {
            @($command.ParameterSets.Parameters | Where-Object { $_.Name -eq $parameter -and $_.ValueFromPipeline }).Count | Should -BeGreaterThan 0
        }
    }

    It 'returns an object with the properties of Windows' {
        $given = @(& $Try)
        $given.Count | Should -Be 1
        foreach ($property in $Gives) { $given[0].PSObject.Members[$property] | Should -BeOfType ([System.Management.Automation.PSPropertyInfo]) }
        if (-not $Gives.Count) { $given[0] | Should -BeOfType [string] }
    }
}
