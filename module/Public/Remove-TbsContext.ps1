function Remove-TbsContext {
    <#
    .SYNOPSIS
        Closes a context.
    .DESCRIPTION
        Closes contexts of this session: their waiting commands are cancelled and what they created in the TPM is flushed.
    .PARAMETER ContextId
        The contexts to close.
    .EXAMPLE
        Remove-TbsContext $context.ContextId

        Closes a context that New-TbsContext opened.
    .EXAMPLE
        Get-TbsContext | Where-Object Own | Remove-TbsContext

        Closes all contexts of this session.
    .INPUTS
        Objects with a property ContextId
    .OUTPUTS
        None
    .LINK
        New-TbsContext
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType([void])]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [ArgumentCompleter({ & (Get-Module TpmTbs) { Complete-TbsContext $args[0] } $args[2] })]
        [uint32[]]$ContextId
    )
    process {
        foreach ($id in $ContextId) {
            if ($PSCmdlet.ShouldProcess("context $id", 'Close')) { [void](Invoke-TbsRpc $PSCmdlet 'context/close' @{ contextId = $id } $id PerObject) }
        }
    }
}
