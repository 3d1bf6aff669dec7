# What is done with a connection beyond the first call, which does these things itself.

# The process's connection, opened when there is none, when it was lost, or when $env:TPMTBS_SOCKET names another.
function Get-TbsConnection {
    $connection = $script:TbsConnection
    if ($connection -is [hashtable]) {
        if ($connection['Asked'] -ceq $env:TPMTBS_SOCKET -and -not (Test-TbsConnectionLost $connection)) { return $connection }
        Close-TbsConnection $connection
    }
    $connection = Open-TbsConnection $env:TPMTBS_SOCKET
    $script:TbsReceived = 0
    if ($connection -is [hashtable]) { $script:TbsConnection = $connection }
    $connection
}

# Readable with nothing to read: the other end has closed.
function Test-TbsConnectionLost($Connection) {
    $socket = $Connection['Socket']
    if ($Connection['IsPipe'] -is [bool]) { return -not $Connection['Stream'].IsConnected }
    $socket.Poll(0, 0) -and $socket.Available -eq 0
}

function Close-TbsConnection($Connection) {
    if ($null -eq $Connection) { return }
    if ($Connection['Socket']) { $Connection['Socket'].Dispose() }
    if ($Connection['Stream']) { $Connection['Stream'].Dispose() }
    if ($Connection -eq $script:TbsConnection) { $script:TbsConnection, $script:TbsReceived = $null, 0 }
}

# The body is ASCII, as ConvertTo-TbsJson writes it.
function Send-TbsMessage($Connection, $Body) {
    $bytes = $script:Utf8.GetBytes(("Content-Length: {0}`r`n`r`n{1}" -f $Body.Length, $Body))
    # On a blocking socket this returns when all is sent.
    if ($Connection['IsPipe'] -is [bool]) { $Connection['Stream'].Write($bytes, 0, $bytes.Length) }
    else { [void]$Connection['Socket'].Send($bytes) }
}
