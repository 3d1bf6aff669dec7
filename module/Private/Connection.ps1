# The connection to the broker: one per process (and runspace), kept and used again. The broker ends what a connection
# owned when it closes, so contexts live as long as this one. What is on the way of the first call is written as
# Json.ps1 says.

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

# Returns the connection, or an ErrorRecord that says why there is none.
function Open-TbsConnection($Path) {
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
    $distrust = Test-TbsPeer -Socket $socket -Path $Path
    if ($distrust -is [string]) {
        $socket.Dispose()
        return New-TbsErrorRecord 'TBS_E_ACCESS_DENIED' "The socket is not to be trusted: $distrust ($Path)." `
            'Use the socket of the system''s broker, or one in a folder of your own.' $Path
    }
    New-TbsConnection -Path $Path -Socket $socket
}

# Start and End: the bytes in the buffer that are not read yet; End 0: none.
# IsPipe: $true where it is one, else nothing.
function New-TbsConnection($Path, $Socket, $Stream, $IsPipe) {
    @{
        Path = $Path; Asked = $env:TPMTBS_SOCKET; Socket = $Socket; Stream = $Stream; IsPipe = $IsPipe
        Buffer = $script:Utf8.GetBytes('{0,65536}' -f ''); Start = 0; End = 0
    }
}

# A socket that somebody else put there could feed us anything: the listener must be root or this user, and the folder
# must not be one in which everybody can put a socket. Returns what is wrong, or nothing.
function Test-TbsPeer($Socket, $Path) {
    # Process, user and group of the listener as 32-bit numbers.
    $credentials = $script:NoCredentials -as [byte[]]
    [void]$Socket.GetRawSocketOption($script:SocketLevel, $script:PeerCredentials, $credentials)
    # The user's four bytes are 0: root.
    if (($credentials -join ' ') -clike '* * * * 0 0 0 0 * * * *') { return }
    # Only root can make a folder in /run, so whoever listens there was let in by root.
    if ($Path -clike $script:SystemSocketPath) { return }
    Test-TbsOwnPeer $credentials
}

function Close-TbsConnection($Connection) {
    if ($null -eq $Connection) { return }
    if ($Connection['Socket']) { $Connection['Socket'].Dispose() }
    if ($Connection['Stream']) { $Connection['Stream'].Dispose() }
    if ($Connection -eq $script:TbsConnection) { $script:TbsConnection = $null }
}

# Readable with nothing to read: the other end has closed.
function Test-TbsConnectionLost($Connection) {
    $socket = $Connection['Socket']
    if ($Connection['IsPipe'] -is [bool]) { return -not $Connection['Stream'].IsConnected }
    $socket.Poll(0, 0) -and $socket.Available -eq 0
}

# The process's connection, opened when there is none, when it was lost, or when $env:TPMTBS_SOCKET names another.
function Get-TbsConnection {
    $connection = $script:TbsConnection
    if ($connection -is [hashtable]) {
        if ($connection['Asked'] -ceq $env:TPMTBS_SOCKET -and -not (Test-TbsConnectionLost -Connection $connection)) { return $connection }
        Close-TbsConnection $connection
    }
    $path = $env:TPMTBS_SOCKET
    if ($path -notlike '?*') { $path = Get-TbsSocketPath }
    $connection = Open-TbsConnection -Path $path
    $script:TbsReceived = 0
    if ($connection -is [hashtable]) { $script:TbsConnection = $connection }
    $connection
}

# The body is ASCII, as ConvertTo-TbsJson writes it.
function Send-TbsMessage($Connection, $Body) {
    $bytes = $script:Utf8.GetBytes(("Content-Length: {0}`r`n`r`n{1}" -f $Body.Length, $Body))
    # On a blocking socket this returns when all is sent.
    if ($Connection['IsPipe'] -is [bool]) { $Connection['Stream'].Write($bytes, 0, $bytes.Length) }
    else { [void]$Connection['Socket'].Send($bytes) }
}

# The next message of the process's connection as a hashtable, or nothing when none has come within 100 ms, so that Ctrl+C
# is heard. $Types and $Names as ConvertFrom-TbsJson has them.
function Read-TbsMessage($Connection, $Types, $Names) {
    if ($Connection['IsPipe'] -isnot [bool] -and $Connection['End'] -clike '0') {
        $socket = $Connection['Socket']
        # As a rule a message comes whole and alone, which the reader of JSON tells. What was received when the pipeline was
        # stopped is still there.
        if ($script:TbsReceived -clike '0') {
            if ($socket.Poll($script:PollMicroseconds, $script:SelectRead) -like 'True') { $script:TbsReceived = $socket.Receive($Connection['Buffer']) } else { return }
        }
        $text = $script:Utf8.GetString($Connection['Buffer'], $Connection['Start'], $script:TbsReceived)
        if ($text -clike 'Content-Length: *}') {
            $message = ConvertFrom-TbsJson -Text $text -Types $Types -Names $Names
            if ($message -is [hashtable]) {
                $script:TbsReceived = 0
                return $message
            }
        }
    }
    Read-TbsPartialMessage $Connection $Types $Names
}
