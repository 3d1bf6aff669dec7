# The connection to the broker: one per process (and runspace), kept and used again. The broker ends what a connection
# owned when it closes, so contexts live as long as this one. What is on the way of the first call is written as
# Json.ps1 says; what is not is in ConnectionUse.ps1.

$script:TbsConnection = $null
$script:SystemSocketPath = '/run/tpmtbs/rpc.sock'

# What the socket's methods are given: SOL_SOCKET, SO_PEERCRED and room for it; the longest wait, so that Ctrl+C is heard.
$script:SocketLevel = 1
$script:PeerCredentials = 17
$script:NoCredentials = 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
$script:PollMicroseconds = 100000

# Bytes that have come and are not looked at yet, in the buffer of the process's connection.
$script:TbsReceived = 0

# Types and values by their short names, set by whoever opens the first connection: a type that is named with its
# assembly is found at once, but the assemblies of Windows PowerShell have other names.
$script:Utf8 = $script:SelectRead = $null

# Neither variable exists in Windows PowerShell.
function Test-TbsWindows { -not $IsCoreCLR -or $IsWindows }

# $env:TPMTBS_SOCKET, else the system's broker where its socket exists, else the user's own.
function Get-TbsSocketPath {
    if ($env:TPMTBS_SOCKET) { return $env:TPMTBS_SOCKET }
    if (Test-TbsWindows) { return '\\.\pipe\tpmtbs' }
    $file = [System.IO.File, System.Runtime]
    if ($file::Exists($script:SystemSocketPath)) { return $script:SystemSocketPath }
    $user = Get-TbsUserSocketPath
    if ($user -and $file::Exists($user)) { return $user }
    $script:SystemSocketPath
}

function Get-TbsUserSocketPath {
    if ($env:XDG_RUNTIME_DIR) { $env:XDG_RUNTIME_DIR + '/tpmtbs/rpc.sock' }
}

# Returns a connection, or an ErrorRecord that says why there is none. Connections are hashtables: Asked is what
# $env:TPMTBS_SOCKET was; Start and End tell which bytes in the buffer are not read yet, End 0: none; IsPipe is $true where
# it is one, and else nothing; OwnerChecked is there once Test-TbsSocketOwner was called. Without $Path: where the broker is.
function Open-TbsConnection($Path) {
    if ($Path -notlike '?*') { $Path = Get-TbsSocketPath }
    # Neither variable exists in Windows PowerShell.
    if ($IsLinux -like 'True' -or $IsMacOS -like 'True') { } else { return Open-TbsPipe $Path }
    $socket = [System.Net.Sockets.Socket, System.Net.Sockets]::new([System.Net.Sockets.AddressFamily, System.Net.Primitives]::Unix,
        [System.Net.Sockets.SocketType, System.Net.Sockets]::Stream, [System.Net.Sockets.ProtocolType, System.Net.Sockets]::Unspecified)
    $script:Utf8 = [System.Text.UTF8Encoding, System.Text.Encoding.Extensions]::UTF8
    $script:SelectRead = [System.Net.Sockets.SelectMode, System.Net.Sockets]::SelectRead
    try { $socket.Connect([System.Net.Sockets.UnixDomainSocketEndPoint, System.Net.Sockets]::new($Path)) }
    catch {
        $socket.Dispose()
        return New-TbsUnreachableRecord $Path $_.Exception
    }
    # A socket that somebody else put there could feed us anything: the listener must be root or this user. Its process, user
    # and group come as 32-bit numbers; the user's four bytes are 0: root.
    $credentials = $script:NoCredentials -as [byte[]]
    [void]$socket.GetRawSocketOption($script:SocketLevel, $script:PeerCredentials, $credentials)
    if (($credentials -join ' ') -cnotlike '* * * * 0 0 0 0 * * * *') {
        $distrust = Test-TbsPeer $credentials $Path
        if ($distrust -like '?*') {
            $socket.Dispose()
            return $distrust
        }
    }
    @{ Path = $Path; Asked = $env:TPMTBS_SOCKET; Socket = $socket; Buffer = $script:Utf8.GetBytes('{0,65536}' -f ''); Start = 0; End = 0 }
}
