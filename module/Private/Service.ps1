# Starting and stopping the broker: by systemd where its unit is installed, else as a process of its own.

function Test-TbsSystemdUnit {
    if ((Test-TbsWindows) -or -not [System.IO.Directory]::Exists('/run/systemd/system')) { return $false }
    foreach ($folder in '/etc/systemd/system', '/usr/local/lib/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system') {
        if ([System.IO.File]::Exists("$folder/tpmtbs.service")) { return $true }
    }
    $false
}

# Whether a process runs. One that ended and has not been asked for by its parent is still listed, without a command line.
function Test-TbsProcess([int]$Id) {
    try {
        if (Test-TbsWindows) { return -not [System.Diagnostics.Process]::GetProcessById($Id).HasExited }
        [System.IO.File]::ReadAllText("/proc/$Id/cmdline") -ne ''
    }
    catch { $false }
}

# Runs a program to its end and gives its exit code and output.
function Invoke-TbsProgram([string]$Program, [string]$ArgumentLine) {
    $start = [System.Diagnostics.ProcessStartInfo]::new($Program, $ArgumentLine)
    $start.UseShellExecute = $false
    $start.RedirectStandardOutput = $start.RedirectStandardError = $true
    $process = [System.Diagnostics.Process]::Start($start)
    $errors = $process.StandardError.ReadToEndAsync()
    $output = $process.StandardOutput.ReadToEnd()
    $process.WaitForExit()
    @{ ExitCode = $process.ExitCode; Output = ($output + $errors.Result).Trim() }
}

# Starts `tbs serve` so that it outlives this session. What it says goes to the log file.
function Start-TbsSidecar([string[]]$Arguments, [string]$LogPath) {
    $program = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../bin/tbs.js")
    $node = 'node'
    if ($env:TPMTBS_NODE) { $node = $env:TPMTBS_NODE }
    $quoted = foreach ($argument in @($program) + $Arguments) { '"' + $argument.Replace('\', '\\').Replace('"', '\"') + '"' }
    if (Test-TbsWindows) {
        $start = [System.Diagnostics.ProcessStartInfo]::new($node, $quoted -join ' ')
        $start.UseShellExecute = $false
        $start.CreateNoWindow = $true
        return [System.Diagnostics.Process]::Start($start)
    }
    # The shell only redirects and makes room: what comes after -c are arguments, which it does not read.
    $script = 'log=$1; shift; exec setsid \"$@\" >>\"$log\" 2>&1 </dev/null'
    $start = [System.Diagnostics.ProcessStartInfo]::new('/bin/sh', "-c `"$script`" tbs `"$LogPath`" `"$node`" $($quoted -join ' ')")
    $start.UseShellExecute = $false
    [System.Diagnostics.Process]::Start($start)
}

# Whether a broker answers; the connection is kept for what comes next.
function Test-TbsAnswering {
    $connection = Get-TbsConnection
    $connection -is [hashtable]
}
