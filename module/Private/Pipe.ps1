# The connection on Windows.

# The broker lets ordinary users read and write its pipe, and not make instances of it, for which a plain client asks as
# well. .NET Framework and .NET 10 can ask for less; before that only administrators get in. The broker may learn who is
# here, and not act as them.
function New-TbsPipeClient([string]$Name) {
    try {
        [System.IO.Pipes.NamedPipeClientStream]::new('.', $Name, [System.IO.Pipes.PipeAccessRights]::ReadWrite,
            [System.IO.Pipes.PipeOptions]::Asynchronous, [System.Security.Principal.TokenImpersonationLevel]::Identification,
            [System.IO.HandleInheritability]::None)
    }
    catch [System.Management.Automation.MethodException] {
        [System.IO.Pipes.NamedPipeClientStream]::new('.', $Name, 'InOut', 'Asynchronous', 'Identification')
    }
}

# Nobody but the owner and administrators can make instances of the broker's pipe, so its owner vouches for who answers:
# Administrators, SYSTEM or this user. Returns what is wrong, or nothing.
function Test-TbsPipeOwner($Pipe) {
    $security = if ($IsCoreCLR) { [System.IO.Pipes.PipesAclExtensions]::GetAccessControl($Pipe) } else { $Pipe.GetAccessControl() }
    $owner = $security.GetOwner([System.Security.Principal.SecurityIdentifier]).Value
    if ($owner -in 'S-1-5-32-544', 'S-1-5-18', [System.Security.Principal.WindowsIdentity]::GetCurrent().User.Value) { return }
    "it belongs to $owner, who is neither an administrator nor this user"
}

function Open-TbsPipe([string]$Path) {
    $name = $Path
    if ($Path.StartsWith('\\.\pipe\')) { $name = $Path.Substring(9) }
    $pipe = New-TbsPipeClient $name
    try { $pipe.Connect(2000) }
    catch {
        $pipe.Dispose()
        if ($_.Exception.InnerException -is [System.UnauthorizedAccessException]) {
            return New-TbsErrorRecord 'TBS_E_ACCESS_DENIED' "The broker's pipe may not be opened by this user ($Path)." `
                'Use PowerShell 7.6 or Windows PowerShell 5.1, which ask for no more than users have, or an administrator''s prompt.' $Path
        }
        return New-TbsNotRunningRecord $Path 'nothing listens at its pipe'
    }
    $distrust = Test-TbsPipeOwner $pipe
    if ($distrust) {
        $pipe.Dispose()
        return New-TbsErrorRecord 'TBS_E_ACCESS_DENIED' "The pipe is not to be trusted: $distrust ($Path)." `
            'Use the pipe of the system''s broker, or one of your own.' $Path
    }
    $script:Utf8 = [System.Text.Encoding]::UTF8
    @{ Path = $Path; Asked = $env:TPMTBS_SOCKET; Stream = $pipe; IsPipe = $true; Buffer = [byte[]]::new(65536); Start = 0; End = 0 }
}
