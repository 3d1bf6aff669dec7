# Why there is no connection, or none to trust.

function New-TbsNotRunningRecord([string]$Path, [string]$Reason) {
    New-TbsErrorRecord 'TBS_E_SERVICE_NOT_RUNNING' "The broker is not running: $Reason ($Path)." `
        'Start it with Start-TbsService, `tbs serve` or `systemctl start tpmtbs`; $env:TPMTBS_SOCKET names another socket.' $Path
}

function New-TbsUnreachableRecord([string]$Path, $Exception) {
    # A socket's address has room for 107 bytes; a longer one would be cut off silently elsewhere.
    if ([System.Text.Encoding]::UTF8.GetByteCount($Path) -gt 107) {
        return New-TbsErrorRecord 'TBS_E_BAD_PARAMETER' "The socket's path is longer than the 107 bytes that the platform allows: $Path" `
            'Use a shorter path in $env:TPMTBS_SOCKET and in the configuration of tbsd.' $Path
    }
    $cause = $Exception.InnerException
    if ($cause -is [System.Net.Sockets.SocketException] -and $cause.SocketErrorCode -eq 'AccessDenied') {
        return New-TbsErrorRecord 'TBS_E_ACCESS_DENIED' "The broker's socket may not be opened by this user ($Path)." `
            'Ask an administrator for access to the folder and the socket of tbsd.' $Path
    }
    if (-not [System.IO.File]::Exists($Path)) { return New-TbsNotRunningRecord $Path 'there is no socket' }
    New-TbsNotRunningRecord $Path 'nothing listens at its socket'
}

# Of a listener that is not root: returns an ErrorRecord, or nothing where it is to be trusted.
function Test-TbsPeer([byte[]]$Credentials, [string]$Path) {
    # Only root can make a folder in /run, so whoever listens there was let in by root.
    if ($Path -ceq $script:SystemSocketPath) { return }
    $peer = [System.BitConverter]::ToUInt32($Credentials, 4)
    $self = Get-TbsEffectiveUser
    if ($null -eq $self -or $self -eq $peer) { return }
    New-TbsErrorRecord 'TBS_E_ACCESS_DENIED' "The socket is not to be trusted: its listener runs as user $peer, who is neither root nor this user ($Path)." `
        'Use the socket of the system''s broker, or one in a folder of your own.' $Path
}

# Whether the other end has closed.
function Test-TbsConnectionEnd($Exception) {
    while ($Exception.InnerException) { $Exception = $Exception.InnerException }
    $Exception -is [System.IO.EndOfStreamException] -or $Exception -is [System.Net.Sockets.SocketException]
}
