function Submit-TbsCommand {
    <#
    .SYNOPSIS
        Sends a command to the TPM and gives its response.
    .DESCRIPTION
        Sends one whole TPM command, as bytes, as hexadecimal text or from a file, and gives the response code with its
        name, the bytes, the time it took and the priority that was applied. A TPM error is no error of the cmdlet: it is
        in ResponseCode. What the broker refuses is an error: TbsCommandBlocked, TbsLockout and so on. Ctrl+C cancels a
        command that waits. Without -Context the command runs in a context of its own, which is closed after it.
    .PARAMETER Command
        The command: a byte array, or hexadecimal text with or without 0x, spaces and colons. Bytes may be piped.
    .PARAMETER Path
        A file that holds the command's bytes.
    .PARAMETER Context
        The context in which to send it: what New-TbsContext gave, or its ContextId.
    .PARAMETER Priority
        Low, Normal, High, System, Max, or a number; standard users are held to High.
    .PARAMETER Locality
        The locality; administrators may use 1 to 3 where the transport carries them.
    .PARAMETER TimeoutSeconds
        Gives the command up when it still waits after so many seconds (TbsCommandCanceled).
    .EXAMPLE
        Submit-TbsCommand '8001 0000000C 0000017B 0008'

        Gets eight random bytes from a TPM 2.0.
    .EXAMPLE
        Submit-TbsCommand -Path ./command.bin -Priority High -TimeoutSeconds 5

        Sends a command from a file.
    .INPUTS
        System.Byte, System.String, or objects with a property Command, Path or FullName
    .OUTPUTS
        TpmTbs.CommandResult
    .LINK
        New-TbsContext
    #>
    [CmdletBinding(SupportsShouldProcess, DefaultParameterSetName = 'Command')]
    [OutputType('TpmTbs.CommandResult')]
    param(
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'Command', ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Alias('Bytes', 'Hex')]
        [ValidateNotNullOrEmpty()]
        $Command,

        [Parameter(Mandatory, ParameterSetName = 'Path', ValueFromPipelineByPropertyName)]
        [Alias('FullName')]
        [ValidateNotNullOrEmpty()]
        [string]$Path,

        [Parameter(ValueFromPipelineByPropertyName)]
        [Alias('ContextId')]
        [ArgumentCompleter({ & (Get-Module TpmTbs) { Complete-TbsContext $args[0] } $args[2] })]
        $Context,

        [Parameter(ValueFromPipelineByPropertyName)]
        [ArgumentCompleter({ 'Low', 'Normal', 'High', 'System', 'Max' -like "$($args[2])*" })]
        [string]$Priority = 'Normal',

        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateRange(0, 4)]
        [int]$Locality,

        [ValidateRange(0.001, 86400)]
        [double]$TimeoutSeconds
    )
    begin { $piped = $null }
    process {
        if ($Command -is [byte]) {
            if ($null -eq $piped) { $piped = [System.Collections.Generic.List[byte]]::new() }
            $piped.Add($Command)
            return
        }
        $bytes = $Command
        $target = $Path
        if ($Path -like '?*') {
            $bytes = Read-TbsFile $PSCmdlet $Path
            if ($bytes -is [System.Management.Automation.ErrorRecord]) {
                $PSCmdlet.WriteError($bytes)
                return
            }
        }
        elseif ($Command -is [string]) { $bytes = ConvertFrom-TbsHex -Text $Command; $target = $Command }
        elseif ($Command -isnot [byte[]]) { $bytes = $Command -as [byte[]] }
        Submit-TbsBytes -Cmdlet $PSCmdlet -Bytes $bytes -Context $Context -Priority $Priority -Locality $Locality -TimeoutSeconds $TimeoutSeconds -TargetObject $target
    }
    end { if ($null -ne $piped) { Submit-TbsBytes $PSCmdlet $piped.ToArray() $Context $Priority $Locality $TimeoutSeconds $null } }
}
