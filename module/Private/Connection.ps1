# The connection to the broker: one per process (and runspace), kept and used again. The broker ends what a connection
# owned when it closes, so contexts live as long as this one.
#
# A connection is a hashtable whose entries are read by index: the first use of each property or method in script costs a
# millisecond or two, the index of a hashtable only once for all keys.

$script:TbsConnection = $null
$script:SystemSocketPath = '/run/tpmtbs/rpc.sock'
# The longest answer is a list of some hundred commands; anything near this is no broker of ours.
$script:MaxMessageBytes = 16MB

# Neither variable exists in Windows PowerShell.
function Test-TbsWindows { -not $IsCoreCLR -or $IsWindows }

# $env:TPMTBS_SOCKET, else the system's broker where its socket exists, else the user's own.
function Get-TbsSocketPath {
    if ($env:TPMTBS_SOCKET) { return $env:TPMTBS_SOCKET }
    if (Test-TbsWindows) { return '\\.\pipe\tpmtbs' }
    if ([System.IO.File]::Exists($script:SystemSocketPath)) { return $script:SystemSocketPath }
    $user = Get-TbsUserSocketPath
    if ($user -and [System.IO.File]::Exists($user)) { return $user }
    $script:SystemSocketPath
}

function Get-TbsUserSocketPath {
    if ($env:XDG_RUNTIME_DIR) { $env:XDG_RUNTIME_DIR + '/tpmtbs/rpc.sock' }
}

function New-TbsNotRunningRecord([string]$Path, [string]$Reason) {
    New-TbsErrorRecord 'TBS_E_SERVICE_NOT_RUNNING' "The broker is not running: $Reason ($Path)." `
        'Start it with Start-TbsService, `tbs serve` or `systemctl start tpmtbs`; $env:TPMTBS_SOCKET names another socket.' $Path
}

# Returns the connection, or an ErrorRecord that says why there is none.
function Open-TbsConnection([string]$Path) {
    if (Test-TbsWindows) { return Open-TbsPipe $Path }
    # A socket's address has room for 107 bytes; a longer one would be cut off silently elsewhere.
    if ($Path.Length -gt 107) {
        return New-TbsErrorRecord 'TBS_E_BAD_PARAMETER' "The socket's path is longer than the 107 bytes that the platform allows: $Path" `
            'Use a shorter path in $env:TPMTBS_SOCKET and in the configuration of tbsd.' $Path
    }
    if (-not [System.IO.File]::Exists($Path)) { return New-TbsNotRunningRecord $Path 'there is no socket' }
    $socket = [System.Net.Sockets.Socket]::new(1, 1, 0)
    try { $socket.Connect([System.Net.Sockets.UnixDomainSocketEndPoint]::new($Path)) }
    catch {
        $socket.Dispose()
        $cause = $_.Exception.InnerException
        if ($cause -is [System.Net.Sockets.SocketException] -and $cause.SocketErrorCode -eq 'AccessDenied') {
            return New-TbsErrorRecord 'TBS_E_ACCESS_DENIED' "The broker's socket may not be opened by this user ($Path)." `
                'Ask an administrator for access to the folder and the socket of tbsd.' $Path
        }
        return New-TbsNotRunningRecord $Path 'nothing listens at its socket'
    }
    $distrust = Test-TbsPeer $socket $Path
    if ($distrust) {
        $socket.Dispose()
        return New-TbsErrorRecord 'TBS_E_ACCESS_DENIED' "The socket is not to be trusted: $distrust ($Path)." `
            'Use the socket of the system''s broker, or one in a folder of your own.' $Path
    }
    @{ Path = $Path; Socket = $socket; Stream = $null; Pending = $null; Buffer = [byte[]]::new(65536); Start = 0; End = 0 }
}

# A socket that somebody else put there could feed us anything: the listener must be root or this user, and the folder
# must not be one in which everybody can put a socket. Returns what is wrong, or nothing.
function Test-TbsPeer($Socket, [string]$Path) {
    # SOL_SOCKET 1, SO_PEERCRED 17: process, user and group of the listener as 32-bit numbers.
    $credentials = [byte[]]::new(12)
    [void]$Socket.GetRawSocketOption(1, 17, $credentials)
    $peer = [System.BitConverter]::ToUInt32($credentials, 4)
    if ($peer -eq 0) { return }
    # Only root can make a folder in /run, so whoever listens there was let in by root.
    if ($Path -ceq $script:SystemSocketPath) { return }
    foreach ($line in [System.IO.File]::ReadAllLines('/proc/self/status')) {
        if ($line.StartsWith('Uid:')) {
            if ([uint32]$line.Split("`t")[2] -ne $peer) { return "its listener runs as user $peer, who is neither root nor this user" }
            return
        }
    }
}

function Open-TbsPipe([string]$Path) {
    $name = $Path
    if ($Path.StartsWith('\\.\pipe\')) { $name = $Path.Substring(9) }
    $pipe = [System.IO.Pipes.NamedPipeClientStream]::new('.', $name, 'InOut', 'Asynchronous', 'Identification')
    try { $pipe.Connect(2000) }
    catch {
        $pipe.Dispose()
        return New-TbsNotRunningRecord $Path 'nothing listens at its pipe'
    }
    @{ Path = $Path; Socket = $null; Stream = $pipe; Pending = $null; Buffer = [byte[]]::new(65536); Start = 0; End = 0 }
}

function Close-TbsConnection($Connection) {
    if ($null -eq $Connection) { return }
    if ($Connection['Socket']) { $Connection['Socket'].Dispose() }
    if ($Connection['Stream']) { $Connection['Stream'].Dispose() }
    if ([object]::ReferenceEquals($Connection, $script:TbsConnection)) { $script:TbsConnection = $null }
}

# Readable with nothing to read: the other end has closed.
function Test-TbsConnectionLost($Connection) {
    $socket = $Connection['Socket']
    if ($null -eq $socket) { return -not $Connection['Stream'].IsConnected }
    $socket.Poll(0, 0) -and $socket.Available -eq 0
}

# The process's connection, opened when there is none, when it was lost, or when $env:TPMTBS_SOCKET names another.
function Get-TbsConnection {
    $connection = $script:TbsConnection
    if ($null -ne $connection) {
        if ($connection['Asked'] -ceq $env:TPMTBS_SOCKET -and -not (Test-TbsConnectionLost $connection)) { return $connection }
        Close-TbsConnection $connection
    }
    $connection = Open-TbsConnection (Get-TbsSocketPath)
    if ($connection -is [hashtable]) {
        $connection['Asked'] = $env:TPMTBS_SOCKET
        $script:TbsConnection = $connection
    }
    $connection
}

function Send-TbsMessage($Connection, [string]$Body) {
    $utf8 = [System.Text.Encoding]::UTF8
    $bytes = $utf8.GetBytes("Content-Length: $($utf8.GetByteCount($Body))`r`n`r`n$Body")
    $socket = $Connection['Socket']
    # On a blocking socket this returns when all is sent.
    if ($null -ne $socket) { [void]$socket.Send($bytes) }
    else { $Connection['Stream'].Write($bytes, 0, $bytes.Length) }
}

# The next message's text, or nothing when none has come within the time. Throws EndOfStreamException when the other end
# closes. The pipeline may be stopped between any two statements, so each change of the buffer is one statement: what has
# come of a message stays, and whoever reads next goes on with it.
function Read-TbsMessage($Connection, [int]$TimeoutMilliseconds) {
    $socket = $Connection['Socket']
    if ($null -ne $socket -and $Connection['End'] -eq 0) {
        # As a rule a message comes whole, alone and in ASCII: then its text has as many characters as the header says
        # bytes, and begins at the first brace.
        if (-not $socket.Poll($TimeoutMilliseconds * 1000, 0)) { return }
        $Connection['End'] = $socket.Receive($Connection['Buffer'])
        $received = $Connection['End']
        if ($received -eq 0) { throw [System.IO.EndOfStreamException]::new('The broker closed the connection.') }
        $text = [System.Text.Encoding]::UTF8.GetString($Connection['Buffer'], 0, $received)
        $begin = $text.IndexOf('{')
        if ($begin -gt 0 -and $received -eq $text.Length) {
            $body = $text.Substring($begin)
            if ($text.Substring(0, $begin) -ceq "Content-Length: $($body.Length)`r`n`r`n") {
                $Connection['End'] = 0
                return $body
            }
        }
    }
    Read-TbsBufferedMessage $Connection $TimeoutMilliseconds
}

# The same for messages that come in parts, several at once, or with other characters.
function Read-TbsBufferedMessage($Connection, [int]$TimeoutMilliseconds) {
    while ($true) {
        $buffer = $Connection['Buffer']
        $start = $Connection['Start']
        $end = $Connection['End']
        $length = Get-TbsMessageLength $buffer $start $end
        $body = $start
        if ($length -gt 0) {
            $body = $start + "Content-Length: $length`r`n`r`n".Length
            if ($body + $length -le $end) {
                $text = [System.Text.Encoding]::UTF8.GetString($buffer, $body, $length)
                if ($body + $length -eq $end) { $Connection['Start'], $Connection['End'] = 0, 0 } else { $Connection['Start'] = $body + $length }
                return $text
            }
        }
        if ($body + $length -gt $buffer.Length -or $end -eq $buffer.Length) {
            $larger = [byte[]]::new([System.Math]::Max($buffer.Length, $body - $start + $length))
            [System.Buffer]::BlockCopy($buffer, $start, $larger, 0, $end - $start)
            $Connection['Buffer'], $Connection['Start'], $Connection['End'] = $larger, 0, ($end - $start)
            continue
        }
        $socket = $Connection['Socket']
        if ($null -ne $socket) {
            if (-not $socket.Poll($TimeoutMilliseconds * 1000, 0)) { return }
            $Connection['End'] = $end + $socket.Receive($buffer, $end, $buffer.Length - $end, 0)
        }
        else {
            if ($null -eq $Connection['Pending']) { $Connection['Pending'] = $Connection['Stream'].ReadAsync($buffer, $end, $buffer.Length - $end) }
            if (-not $Connection['Pending'].Wait($TimeoutMilliseconds)) { return }
            $Connection['End'], $Connection['Pending'] = ($end + $Connection['Pending'].Result), $null
        }
        if ($Connection['End'] -eq $end) { throw [System.IO.EndOfStreamException]::new('The broker closed the connection.') }
    }
}

# Bytes of the body, from the header at the start; 0 while the header is not whole. Throws for what is no header of ours.
function Get-TbsMessageLength([byte[]]$Buffer, [int]$Start, [int]$End) {
    $ordinal = [System.StringComparison]::Ordinal
    $head = [System.Text.Encoding]::ASCII.GetString($Buffer, $Start, [System.Math]::Min($End - $Start, 64))
    $headLength = $head.IndexOf("`r`n`r`n", $ordinal)
    if ($headLength -lt 0 -and $head.Length -lt 64) { return 0 }
    $length = 0
    if ($headLength -lt 17 -or -not $head.StartsWith('Content-Length: ', $ordinal) -or
        -not [int]::TryParse($head.Substring(16, $headLength - 16), [ref]$length) -or
        $length -le 0 -or $length -gt $script:MaxMessageBytes) {
        throw [System.IO.InvalidDataException]::new('What answers at the socket does not speak the protocol of tbsd.')
    }
    $length
}
