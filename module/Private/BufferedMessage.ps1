# Messages that are not what Read-TbsMessage hopes for.

# The longest answer is a list of some hundred commands; anything near this is no broker of ours.
$script:MaxMessageBytes = 16MB

# As Read-TbsMessage, of any connection.
function Read-TbsPartialMessage($Connection, $Types, $Names) {
    if ($script:TbsReceived -gt 0 -and $Connection -eq $script:TbsConnection) {
        $Connection['End'], $script:TbsReceived = $script:TbsReceived, 0
    }
    $text = Read-TbsBufferedMessage $Connection
    if ($text -is [string]) { ConvertFrom-TbsJson $text $Types $Names }
}

# The text of a message that came in parts or with others. Throws EndOfStreamException when
# the other end closes. The pipeline may be stopped between any two statements, so each change of the buffer is one
# statement: what has come of a message stays, and whoever reads next goes on with it.
function Read-TbsBufferedMessage($Connection) {
    while ($true) {
        $buffer = $Connection['Buffer']
        $start = $Connection['Start']
        $end = [int]$Connection['End']
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
            if (-not $socket.Poll($script:PollMicroseconds, $script:SelectRead)) { return }
            $Connection['End'] = $end + $socket.Receive($buffer, $end, $buffer.Length - $end, 0)
        }
        else {
            if ($null -eq $Connection['Pending']) { $Connection['Pending'] = $Connection['Stream'].ReadAsync($buffer, $end, $buffer.Length - $end) }
            if (-not $Connection['Pending'].Wait(100)) { return }
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
