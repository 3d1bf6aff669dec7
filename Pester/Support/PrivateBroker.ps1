# A broker of the tests' own: private folders, an embedded software TPM, a socket that $env:TPMTBS_SOCKET names. Files of
# one run share it: it is started by the first that needs it and ends with the PowerShell process that started it.

$RepositoryRoot = [System.IO.Path]::GetFullPath("$PSScriptRoot/../..")

function Import-TpmTbsModule {
    if (-not (Get-Module TpmTbs)) { Import-Module "$RepositoryRoot/TpmTbs.psd1" -Global }
}

# Runs a program to its end; gives its output, throws when it fails.
function Invoke-Program([string]$Program, [string[]]$ProgramArguments, [hashtable]$Environment = @{}) {
    $start = [System.Diagnostics.ProcessStartInfo]::new($Program)
    foreach ($argument in $ProgramArguments) { $start.ArgumentList.Add($argument) }
    foreach ($name in $Environment.Keys) { $start.Environment[$name] = $Environment[$name] }
    $start.WorkingDirectory = $RepositoryRoot
    $start.RedirectStandardOutput = $start.RedirectStandardError = $true
    $process = [System.Diagnostics.Process]::Start($start)
    $errors = $process.StandardError.ReadToEndAsync()
    $output = $process.StandardOutput.ReadToEnd()
    $process.WaitForExit()
    if ($process.ExitCode -ne 0) { throw "$Program $ProgramArguments ended with $($process.ExitCode): $($errors.Result) $output" }
    $output
}

# In a clean clone nothing is built yet.
function Install-BrokerBuild {
    if (-not [System.IO.File]::Exists("$RepositoryRoot/build/ts-core/daemon/main.js")) {
        [void](Invoke-Program 'node' 'tools/setup.mjs')
    }
}

# A socket's path exists a moment before its owner listens.
function Test-Listening([string]$Socket) {
    $probe = [System.Net.Sockets.Socket]::new('Unix', 'Stream', 'Unspecified')
    try {
        $probe.Connect([System.Net.Sockets.UnixDomainSocketEndPoint]::new($Socket))
        $true
    }
    catch [System.Net.Sockets.SocketException] { $false }
    finally { $probe.Dispose() }
}

# Starts a broker and waits until it accepts connections. Gives what Stop-PrivateBroker wants.
function Start-PrivateBroker([string]$TpmVersion = '2.0', [hashtable]$More = @{}) {
    Install-BrokerBuild
    # Short, since a socket's path must be.
    $folder = [System.IO.Path]::Combine([System.IO.Path]::GetTempPath(), 'tbs-' + [guid]::NewGuid().ToString('N').Substring(0, 12))
    [void][System.IO.Directory]::CreateDirectory($folder)
    $socket = "$folder/run/rpc.sock"
    $settings = @{
        sockets   = @{ rpc = $socket; wire = "$folder/run/wire.sock" }
        transport = @{ kind = 'embedded'; embedded = @{ tpmVersion = $TpmVersion; stateFolder = "$folder/tpm" } }
        stateFolder = "$folder/state"
        policy    = @{ folder = "$folder/policy.d" }
        audit     = @{ path = "$folder/audit.jsonl" }
        log       = @{ path = "$folder/tbsd.log" }
        power     = @{ logind = $false }
    }
    foreach ($name in $More.Keys) { $settings[$name] = $More[$name] }
    [System.IO.File]::WriteAllText("$folder/tbsd.json", (ConvertTo-Json $settings -Depth 10))
    $start = [System.Diagnostics.ProcessStartInfo]::new('node')
    foreach ($argument in "$RepositoryRoot/bin/tbsd.js", '--config', "$folder/tbsd.json") { $start.ArgumentList.Add($argument) }
    $start.RedirectStandardError = $true
    $process = [System.Diagnostics.Process]::Start($start)
    $errors = $process.StandardError.ReadToEndAsync()
    $broker = @{ Folder = $folder; Socket = $socket; Process = $process; TpmVersion = $TpmVersion }
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    while (-not (Test-Listening $socket)) {
        if ($process.HasExited) { throw "The broker ended with $($process.ExitCode): $($errors.Result)" }
        if ($watch.Elapsed.TotalSeconds -gt 60) {
            Stop-PrivateBroker $broker
            throw 'The broker did not start within 60 seconds.'
        }
        [System.Threading.Thread]::Sleep(50)
    }
    $broker
}

function Stop-PrivateBroker($Broker) {
    if (-not $Broker.Process.HasExited) {
        # SIGTERM, so that it shuts its TPM down. One that was stopped may end by itself just now.
        try { [void](Invoke-Program 'kill' "$($Broker.Process.Id)") }
        catch { if (-not $Broker.Process.WaitForExit(1000)) { throw } }
        if (-not $Broker.Process.WaitForExit(15000)) { $Broker.Process.Kill() }
    }
    if ([System.IO.Directory]::Exists($Broker.Folder)) { [System.IO.Directory]::Delete($Broker.Folder, $true) }
}

# Starts a broker for one file, for tests that change the TPM's ownership or need settings of their own, and names it in
# $env:TPMTBS_SOCKET. Gives what Disconnect-PrivateBroker wants.
function Connect-PrivateBroker([hashtable]$More = @{}) {
    Import-TpmTbsModule
    $broker = Start-PrivateBroker '2.0' $More
    $broker.SocketBefore = $env:TPMTBS_SOCKET
    $env:TPMTBS_SOCKET = $broker.Socket
    $broker
}

function Disconnect-PrivateBroker($Broker) {
    Stop-PrivateBroker $Broker
    $env:TPMTBS_SOCKET = $Broker.SocketBefore
}

# The broker that the files of this run share.
function Connect-SharedBroker {
    Import-TpmTbsModule
    if (-not $global:TpmTbsSharedBroker -or $global:TpmTbsSharedBroker.Process.HasExited) {
        $global:TpmTbsSharedBroker = Start-PrivateBroker
        # A run that is stopped must leave nothing behind either: the shell ends the broker when this process is gone.
        $watcher = 'while kill -0 "$1" 2>/dev/null; do sleep 1; done; kill "$2" 2>/dev/null; sleep 2; rm -rf "$3"'
        $start = [System.Diagnostics.ProcessStartInfo]::new('setsid')
        foreach ($argument in 'sh', '-c', $watcher, 'watcher', "$PID", "$($global:TpmTbsSharedBroker.Process.Id)", $global:TpmTbsSharedBroker.Folder) {
            $start.ArgumentList.Add($argument)
        }
        $start.RedirectStandardOutput = $start.RedirectStandardError = $start.RedirectStandardInput = $true
        [void][System.Diagnostics.Process]::Start($start)
    }
    $env:TPMTBS_SOCKET = $global:TpmTbsSharedBroker.Socket
    $global:TpmTbsSharedBroker
}

# Runs an action that should fail; gives its error, or nothing if there was none.
function Get-Problem([scriptblock]$Action) { try { & $Action; $null } catch { $_ } }

# Lets the user `daemon` send six wrong authorizations (examples/guessing-user.mjs); gives what it printed.
function Invoke-AsOrdinaryUser {
    $start = [System.Diagnostics.ProcessStartInfo]::new('setpriv')
    foreach ($argument in '--reuid=daemon', '--regid=daemon', '--clear-groups', 'node', '--input-type=module', '-') { $start.ArgumentList.Add($argument) }
    $start.WorkingDirectory = '/'
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
    $process = [System.Diagnostics.Process]::Start($start)
    $process.StandardInput.Write([System.IO.File]::ReadAllText("$RepositoryRoot/examples/guessing-user.mjs"))
    $process.StandardInput.Close()
    $output = $process.StandardOutput.ReadToEnd()
    $process.WaitForExit()
    if ($process.ExitCode -ne 0) { throw "The guessing user ended with $($process.ExitCode)." }
    $output
}
