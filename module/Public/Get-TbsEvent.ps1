function Get-TbsEvent {
    <#
    .SYNOPSIS
        Shows the broker's decisions: refusals, failures, lockouts, changes.
    .DESCRIPTION
        Gives the latest events, and with -Follow those that come, until Ctrl+C. Administrators see all events, others
        those about themselves. Events tell who, what and why, never the contents of commands.
    .PARAMETER Newest
        How many past events to give.
    .PARAMETER Kind
        Only events of these kinds.
    .PARAMETER Follow
        Goes on with new events as they happen.
    .PARAMETER TimeoutSeconds
        With -Follow: ends after so many seconds.
    .EXAMPLE
        Get-TbsEvent -Newest 5

        Shows the five latest events.
    .EXAMPLE
        Get-TbsEvent -Follow -Kind commandRefused, lockoutBegan

        Shows refusals and lockouts as they happen.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.Event
    .LINK
        Get-TbsStatus
    #>
    [CmdletBinding()]
    [OutputType('TpmTbs.Event')]
    param(
        [Parameter(Position = 0)]
        [ValidateRange(0, 1000)]
        [int]$Newest = 100,

        [ValidateSet('commandRefused', 'authorizationFailed', 'lockoutBegan', 'lockoutEnded', 'policyChanged', 'listChanged',
            'administration', 'ownerAuthorization', 'warning')]
        [string[]]$Kind,

        [switch]$Follow,

        [ValidateRange(0.001, 86400000)]
        [double]$TimeoutSeconds
    )
    if (-not $Follow) {
        foreach ($event in (Invoke-TbsRpc $PSCmdlet 'event/subscribe' @{ recent = $Newest; follow = $false }).Recent) {
            if (-not $Kind -or $Kind -contains $event.Kind) { $event }
        }
        return
    }
    # A connection of its own, so that events do not mix with the answers to other cmdlets.
    $connection = Open-TbsConnection (Get-TbsSocketPath)
    if ($connection -isnot [hashtable]) { $PSCmdlet.ThrowTerminatingError($connection) }
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $types = @{ recent = 'TpmTbs.Event'; params = 'TpmTbs.Event' }
    try {
        Send-TbsMessage $connection ('{"jsonrpc":"2.0","id":1,"method":"event/subscribe","params":{"follow":true,"recent":' + $Newest + '}}')
        while (-not $TimeoutSeconds -or $watch.Elapsed.TotalSeconds -lt $TimeoutSeconds) {
            $message = Read-TbsPartialMessage $connection $types $script:MemberNames
            if ($null -eq $message) { continue }
            if ($message.error) { $PSCmdlet.ThrowTerminatingError((ConvertTo-TbsErrorRecord $message.error $null)) }
            $events = $message.params
            if ($message.result) { $events = $message.result.Recent }
            foreach ($event in $events) {
                if (-not $Kind -or $Kind -contains $event.Kind) { $event }
            }
        }
    }
    catch {
        if (-not (Test-TbsConnectionEnd $_.Exception)) { throw }
        $PSCmdlet.ThrowTerminatingError((New-TbsNotRunningRecord $connection['Path'] 'it closed the connection'))
    }
    finally { Close-TbsConnection $connection }
}
