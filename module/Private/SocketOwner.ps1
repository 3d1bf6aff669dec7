# To whom the broker's socket belongs. .NET has no owner of a file, and the engine takes 15 ms to tell it, so this is asked
# before the first request of a connection that changes something or may carry a secret, and not before one that only asks.

# Returns an ErrorRecord where somebody else could put another listener in the broker's place; nothing where that cannot be.
function Test-TbsSocketOwner($Connection) {
    $Connection['OwnerChecked'] = $true
    $path = $Connection['Path']
    # Only root can make a folder in /run: whom that belongs to was root's choice. A pipe was checked when it was opened.
    if ($Connection['IsPipe'] -or $path -ceq $script:SystemSocketPath) { return }
    $self = Get-TbsEffectiveUser
    foreach ($part in @(@('The folder of', [System.IO.Path]::GetDirectoryName([System.IO.Path]::GetFullPath($path))), @('The socket', $path))) {
        $owner = Get-TbsFileOwner $part[1]
        if ($null -eq $owner -or $owner -eq 0 -or $owner -eq $self) { continue }
        return New-TbsErrorRecord 'TBS_E_ACCESS_DENIED' "$($part[0]) $path belongs to user $owner, who is neither root nor you." `
            'Do not use this socket: that user could read what you send. Name another in $env:TPMTBS_SOCKET.' $path
    }
}

# The user id; nothing where this engine does not tell it (before PowerShell 7.2).
function Get-TbsFileOwner([string]$Path) {
    foreach ($item in $ExecutionContext.InvokeProvider.Item.Get([string[]]@($Path), $true, $true)) {
        $stat = $item.PSObject.Properties['UnixStat']
        if ($stat -and $stat.Value) { return [long]$stat.Value.UserId }
    }
}

# The user as whom this process opens files; nothing without /proc.
function Get-TbsEffectiveUser {
    if (-not [System.IO.File]::Exists('/proc/self/status')) { return }
    foreach ($line in [System.IO.File]::ReadAllLines('/proc/self/status')) {
        if ($line.StartsWith('Uid:')) { return [long]$line.Split("`t")[2] }
    }
}
