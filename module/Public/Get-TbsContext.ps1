function Get-TbsContext {
    <#
    .SYNOPSIS
        Shows the open contexts.
    .DESCRIPTION
        Shows contexts with their user, process, waiting commands and resources. Administrators see everybody's, others
        their own; Own tells which were opened by this session.
    .PARAMETER ContextId
        Only these contexts.
    .EXAMPLE
        Get-TbsContext | Where-Object WaitingCommands -gt 0

        Shows contexts that wait for the TPM.
    .INPUTS
        Objects with a property ContextId
    .OUTPUTS
        TpmTbs.Context
    .LINK
        New-TbsContext
    #>
    [CmdletBinding()]
    [OutputType('TpmTbs.Context')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName)]
        [ArgumentCompleter({ & (Get-Module TpmTbs) { Complete-TbsContext $args[0] } $args[2] })]
        [uint32[]]$ContextId
    )
    process {
        $contexts = (Invoke-TbsRpc $PSCmdlet 'context/list').Contexts
        if (-not $ContextId) { return $contexts }
        foreach ($id in $ContextId) {
            $matching = foreach ($context in $contexts) { if ($context.ContextId -eq $id) { $context } }
            $matching
            if (-not $matching) {
                $PSCmdlet.WriteError((New-TbsErrorRecord 'TBS_E_INVALID_CONTEXT' "There is no context $id, or not for you to see." `
                            'Get-TbsContext without parameters shows those that there are.' $id))
            }
        }
    }
}
