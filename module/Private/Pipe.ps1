# The connection on Windows.

function Open-TbsPipe([string]$Path) {
    $name = $Path
    if ($Path.StartsWith('\\.\pipe\')) { $name = $Path.Substring(9) }
    $pipe = [System.IO.Pipes.NamedPipeClientStream]::new('.', $name, 'InOut', 'Asynchronous', 'Identification')
    try { $pipe.Connect(2000) }
    catch {
        $pipe.Dispose()
        return New-TbsNotRunningRecord $Path 'nothing listens at its pipe'
    }
    New-TbsConnection $Path $null $pipe
}
