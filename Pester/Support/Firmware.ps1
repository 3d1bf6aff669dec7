# What the firmware and the kernel offer, in folders of the tests' own.

function New-FirmwareFolder {
    $folder = [IO.Path]::Combine([IO.Path]::GetTempPath(), 'tbs-firmware-' + [guid]::NewGuid().ToString('N').Substring(0, 12))
    [void][IO.Directory]::CreateDirectory($folder)
    $folder
}

# One file or folder of New-FirmwareFolder goes with all of it.
function Remove-FirmwareFolder([string]$Inside) { [IO.Directory]::Delete([IO.Path]::GetDirectoryName($Inside), $true) }

# A measured-boot log of the SHA-1 form (TCG_PCClientPCREvent): an action in PCR 4, a separator in PCR 2.
function New-EventLogFile {
    $sha1 = [System.Security.Cryptography.SHA1]::Create()
    $bytes = [System.Collections.Generic.List[byte]]::new()
    $action = [Text.Encoding]::ASCII.GetBytes('Calling EFI')
    $events = @{ Pcr = 4; Type = [uint32]2147483655; Data = $action }, @{ Pcr = 2; Type = [uint32]4; Data = [byte[]]::new(4) }
    foreach ($one in $events) {
        $bytes.AddRange([BitConverter]::GetBytes([uint32]$one.Pcr))
        $bytes.AddRange([BitConverter]::GetBytes($one.Type))
        $bytes.AddRange($sha1.ComputeHash([byte[]]$one.Data))
        $bytes.AddRange([BitConverter]::GetBytes([uint32]$one.Data.Length))
        $bytes.AddRange([byte[]]$one.Data)
    }
    $sha1.Dispose()
    $path = "$(New-FirmwareFolder)/binary_bios_measurements"
    [IO.File]::WriteAllBytes($path, $bytes.ToArray())
    $path
}

# A copy of /sys/class/tpm/tpm0/ppi as the kernel makes it.
function New-PhysicalPresenceFolder {
    $folder = "$(New-FirmwareFolder)/ppi"
    [void][IO.Directory]::CreateDirectory($folder)
    $files = @{
        version           = "1.3`n"
        request           = "0`n"
        response          = "5 0xFFFFFFF0: User Abort`n"
        transition_action = "2: Reboot`n"
        tcg_operations    = "0 4: User not required`n2 2: Blocked for OS by BIOS`n5 3: User required`n22 3: User required`n"
        vs_operations     = "`n"
    }
    foreach ($name in $files.Keys) { [IO.File]::WriteAllText("$folder/$name", $files[$name]) }
    $folder
}
