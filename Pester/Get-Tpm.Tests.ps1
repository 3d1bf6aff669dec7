BeforeAll {
    . "$PSScriptRoot/Support/PrivateBroker.ps1"
    # A private broker, because the tests change the ownership of its TPM.
    $broker = Connect-PrivateBroker
}

AfterAll {
    Disconnect-PrivateBroker $broker
}

Describe 'Get-Tpm' {
    It 'has the properties of Windows and the state of a new TPM' {
        $tpm = Get-Tpm
        foreach ($name in 'TpmPresent', 'TpmReady', 'TpmEnabled', 'TpmActivated', 'TpmOwned', 'RestartPending', 'ManufacturerId', 'ManufacturerIdTxt',
            'ManufacturerVersion', 'ManufacturerVersionFull20', 'ManagedAuthLevel', 'OwnerAuth', 'OwnerClearDisabled', 'AutoProvisioning', 'LockedOut',
            'LockoutHealTime', 'LockoutCount', 'LockoutMax', 'SelfTest') {
            $tpm.PSObject.Members[$name] | Should -BeOfType ([System.Management.Automation.PSProperty])
        }
        $tpm.TpmPresent | Should -BeTrue
        $tpm.TpmOwned | Should -Be $false
    }

    It 'shows a provisioned TPM, but not the owner authorization by default' {
        Initialize-Tpm | Out-Null
        $tpm = Get-Tpm
        $tpm.TpmReady | Should -BeTrue
        $tpm.TpmOwned | Should -BeTrue
        $tpm.LockoutMax | Should -Be 32
        $tpm.LockoutHealTime | Should -Be '10 minutes'
        $tpm.OwnerAuth | Should -Be (Get-TpmOwnerAuth)
        ($tpm | Out-String).Contains($tpm.OwnerAuth) | Should -Be $false
    }

    It 'does not show the owner authorization after an object of another type either, whose view PowerShell then keeps' {
        $auth = Get-TpmOwnerAuth
        $change = Set-TpmOwnerAuth -NewOwnerAuthorization $auth
        foreach ($tpm in (Get-Tpm), $change) {
            $tpm.OwnerAuth | Should -Be $auth
            foreach ($other in (Get-TpmAuthLevel), (Get-TbsPolicy maxContexts), (Get-Item .), 'text') {
                $text = $other, $tpm | Out-String
                $text | Should -Match '(TpmOwned|Kept)\s+: True'
                $text.Contains($auth) | Should -BeFalse
            }
        }
    }

    It 'does not export names of Windows'' own module on Windows' {
        $before = $env:OS
        $env:OS = 'Windows_NT'
        try {
            $session = [powershell]::Create().AddScript("(Import-Module '$RepositoryRoot/TpmTbs.psd1' -PassThru).ExportedCommands.Keys")
            $names = @($session.Invoke())
            $session.Dispose()
        }
        finally { $env:OS = $before }
        foreach ($name in 'Get-Tpm', 'Clear-Tpm', 'ConvertTo-TpmOwnerAuth') { $names | Should -Not -Contain $name }
        foreach ($name in 'Get-TpmAuthLevel', 'Get-TbsStatus') { $names | Should -Contain $name }
        (Get-Module TpmTbs).ExportedCommands.Keys | Should -Contain 'Get-Tpm'
    }
}

Describe 'Get-Tpm if the system''s broker is not running (needs root)' -Skip:([Environment]::UserName -ne 'root') {
    BeforeAll {
        # A machine of its own, as far as Get-Tpm looks: mounts that nobody else sees. Root alone may make them.
        function Get-TpmOnMachine([string]$Preparation) {
            $script = @'
set -e
machine=$1
mkdir -p "$machine/dev" /etc/tpmtbs
for node in null zero full random urandom tty; do cp -a /dev/$node "$machine/dev/"; done
mount --bind "$machine/dev" /dev
mount -t tmpfs none /run
mount -t tmpfs none /etc/tpmtbs
if [ -d /sys/class/tpm ]; then mount -t tmpfs none /sys/class/tpm; fi
eval "$2"
unset TPMTBS_SOCKET XDG_RUNTIME_DIR
exec pwsh -NoProfile -NonInteractive -Command "Import-Module '$3'; try { 'present ' + (Get-Tpm).TpmPresent } catch { (\$_.FullyQualifiedErrorId -split ',')[0] }"
'@
            $hadFolder = [IO.Directory]::Exists('/etc/tpmtbs')
            try { & unshare -m sh -c $script sh (Join-Path $TestDrive ([guid]::NewGuid())) $Preparation "$RepositoryRoot/TpmTbs.psd1" }
            finally { if (-not $hadFolder -and [IO.Directory]::Exists('/etc/tpmtbs')) { [IO.Directory]::Delete('/etc/tpmtbs') } }
        }
    }

    It 'shows a machine without a TPM as Windows does' {
        Get-TpmOnMachine ':' | Should -Be 'present False'
    }

    It 'fails if <name>' -TestCases @(
        @{ name = 'there is a TPM device'; preparation = ': > /dev/tpm0' }
        @{ name = 'the configuration names another TPM'; preparation = 'echo ''{ "transport": { "kind": "swtpm" } }'' > /etc/tpmtbs/tbsd.json' }
    ) {
        Get-TpmOnMachine $preparation | Should -Be 'TbsServiceNotRunning'
    }
}
