# Owner-password files (.tpm), written here and read by Windows, written by Windows and read here.

BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    $broker = Connect-PrivateBroker
    Initialize-Tpm | Out-Null

    # As tpm.msc and the wizard of Windows 7 to 10 write it.
    function Get-WindowsFile([string]$OwnerAuth) {
        @"
<?xml version="1.0" encoding="UTF-8"?>
<!--
    This page is a backup of TPM owner authorization information. Keep it away from the computer.
-->
<tpmOwnerData version="1.0" softwareAuthor="Microsoft Windows [Version 10.0.10240]" creationDate="2016-02-03T10:11:12+01:00" creationUser="DOMAIN\user" machineName="PC">
	<tpmInfo manufacturerId="1096043852"/>
	<ownerAuth>$OwnerAuth</ownerAuth>
</tpmOwnerData>
"@
    }
}

AfterAll {
    Disconnect-PrivateBroker $broker
}

Describe 'an owner-password file' {
    It 'of Windows can be read, in <name>' -TestCases @(
        @{ name = 'UTF-8'; encoding = [Text.UTF8Encoding]::new($false) }
        @{ name = 'UTF-8 with a byte order mark'; encoding = [Text.UTF8Encoding]::new($true) }
    ) {
        [IO.File]::WriteAllText("$TestDrive/windows.tpm", (Get-WindowsFile (Get-TpmOwnerAuth)), $encoding)
        (Unblock-Tpm -File "$TestDrive/windows.tpm").LockedOut | Should -Be $false
        [IO.File]::WriteAllText("$TestDrive/next.tpm", (Get-WindowsFile (ConvertTo-TpmOwnerAuth 'next')), $encoding)
        Set-TpmOwnerAuth -File "$TestDrive/windows.tpm" -NewFile "$TestDrive/next.tpm" | Out-Null
        Get-TpmOwnerAuth | Should -Be (ConvertTo-TpmOwnerAuth 'next')
        Import-TpmOwnerAuth -File "$TestDrive/next.tpm" | Out-Null
    }

    It 'has Windows'' format, is accessible only to its owner, and opens the TPM' {
        Set-TpmAuthLevel -Level Delegated -NewFile "$TestDrive/new.tpm" | Out-Null
        $file = [xml][IO.File]::ReadAllText("$TestDrive/new.tpm")
        $data = $file.tpmOwnerData
        $data.version | Should -Be '1.0'
        foreach ($name in 'softwareAuthor', 'creationDate', 'creationUser', 'machineName') { $data.$name | Should -Not -BeNullOrEmpty }
        $data.NamespaceURI | Should -BeNullOrEmpty
        $data.tpmInfo.manufacturerId | Should -Be (Get-Tpm).ManufacturerId
        [Convert]::FromBase64String($data.ownerAuth).Length | Should -Be 20
        if ($IsLinux) { [IO.File]::GetUnixFileMode("$TestDrive/new.tpm").ToString() | Should -Be 'UserWrite, UserRead' }
        (Get-Problem { Get-TpmOwnerAuth }).Exception.Symbol | Should -Be 'TBS_E_OWNERAUTH_NOT_FOUND'
        (Unblock-Tpm -File "$TestDrive/new.tpm").LockedOut | Should -Be $false
    }

    It 'is never replaced if it exists, and then nothing changes' {
        [IO.File]::WriteAllText("$TestDrive/mine.tpm", 'mine')
        Set-TpmAuthLevel Full | Out-Null
        (Get-Problem { Set-TpmAuthLevel -Level Delegated -NewFile "$TestDrive/mine.tpm" }) | Should -Not -BeNullOrEmpty
        [IO.File]::ReadAllText("$TestDrive/mine.tpm") | Should -Be 'mine'
        (Get-TpmAuthLevel).LevelName | Should -Be 'Full'
    }
}
