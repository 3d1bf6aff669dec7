function Remove-TbsResource {
    <#
    .SYNOPSIS
        Flushes an object or session that somebody holds in the TPM.
    .DESCRIPTION
        Flushes virtual resources: one's own, or for administrators anybody's, such as sessions that a program left behind.
        Its holder then finds the handle gone.
    .PARAMETER Id
        The resources, by the Id that Get-TbsResource shows.
    .EXAMPLE
        Get-TbsResource -Kind savedSession | Remove-TbsResource

        Flushes all saved sessions, after asking.
    .INPUTS
        Objects with a property Id
    .OUTPUTS
        None
    .LINK
        Get-TbsResource
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    [OutputType([void])]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [ArgumentCompleter({ & (Get-Module TpmTbs) { Complete-TbsResource $args[0] } $args[2] })]
        [ValidateNotNullOrEmpty()]
        [string[]]$Id
    )
    process {
        foreach ($one in $Id) {
            if (-not $PSCmdlet.ShouldProcess("resource $one", 'Flush')) { continue }
            $answer = Invoke-TbsRpc $PSCmdlet 'resource/remove' @{ id = $one } $one PerObject
            if ($answer -and -not $answer.Removed) {
                $PSCmdlet.WriteError((New-TbsErrorRecord 'TBS_E_BAD_PARAMETER' "There is no resource '$one'." 'Get-TbsResource shows those that there are.' $one))
            }
        }
    }
}
