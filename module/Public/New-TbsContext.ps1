function New-TbsContext {
    <#
    .SYNOPSIS
        Opens a context: a view of the TPM with handles of its own.
    .DESCRIPTION
        Opens a context on this process's connection to the broker. What commands create in it can be used in it only,
        and is flushed when it is removed or when the process ends.
    .PARAMETER TpmVersion
        The TPM families that you can speak; both unless set. Where the machine has none of them, there is an error.
    .EXAMPLE
        $context = New-TbsContext
        Submit-TbsCommand $command -Context $context

        Sends commands that use one another's results.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.OpenedContext
    .LINK
        Submit-TbsCommand
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType('TpmTbs.OpenedContext')]
    param(
        [ValidateSet('1.2', '2.0')]
        [string[]]$TpmVersion = @('1.2', '2.0')
    )
    if (-not $PSCmdlet.ShouldProcess('TPM', 'Open a context')) { return }
    # What the module holds at the broker ends with it. Set here, since it would cost every import some milliseconds.
    $ExecutionContext.SessionState.Module.OnRemove = { Close-TbsConnection $script:TbsConnection }
    Invoke-TbsRpc $PSCmdlet 'context/open' @{ versions = $TpmVersion }
}
