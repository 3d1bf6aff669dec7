function Get-TbsResource {
    <#
    .SYNOPSIS
        Shows what callers hold in the TPM: objects and sessions.
    .DESCRIPTION
        Shows each virtual resource with its kind, user, context and handle, and whether it is in the TPM now or saved
        outside. Administrators see everybody's, others their own.
    .PARAMETER Id
        Only these resources.
    .PARAMETER Kind
        Only resources of these kinds, such as transient, loadedSession or savedSession.
    .EXAMPLE
        Get-TbsResource -Kind savedSession

        Shows saved sessions, which stay behind when a program forgets them.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.Resource
    .LINK
        Remove-TbsResource
    #>
    [CmdletBinding()]
    [OutputType('TpmTbs.Resource')]
    param(
        [Parameter(Position = 0)]
        [ArgumentCompleter({ & (Get-Module TpmTbs) { Complete-TbsResource $args[0] } $args[2] })]
        [string[]]$Id,

        [ValidateSet('transient', 'loadedSession', 'savedSession', 'sequence', 'key', 'authSession', 'transportSession')]
        [string[]]$Kind
    )
    foreach ($resource in (Invoke-TbsRpc $PSCmdlet 'resource/list').Resources) {
        if ($Id -and $Id -notcontains $resource.Id) { continue }
        if ($Kind -and $Kind -notcontains $resource.Kind) { continue }
        $resource
    }
}
