# One call of the broker's JSON-RPC protocol (ts-core/endpoints/rpc/protocol).

# Of the request under way; another one as soon as its answer is given up, so that a late one is told apart.
$script:RequestId = 1

# Types of what the methods return: of the result itself, and of what its members hold.
$script:ResultTypes = [ordered]@{
    'context/open'        = [ordered]@{ result = 'TpmTbs.OpenedContext' }
    'context/list'        = [ordered]@{ contexts = 'TpmTbs.Context' }
    'commandBlock/list'   = [ordered]@{ commands = 'TpmTbs.CommandBlock'; verdicts = 'TpmTbs.CommandVerdict'; statements = 'TpmTbs.ListStatement' }
    'commandBlock/test'   = [ordered]@{ result = 'TpmTbs.CommandBlock'; verdicts = 'TpmTbs.CommandVerdict'; statements = 'TpmTbs.ListStatement' }
    'commandBlock/add'    = [ordered]@{ commands = 'TpmTbs.CommandBlock'; verdicts = 'TpmTbs.CommandVerdict'; statements = 'TpmTbs.ListStatement' }
    'commandBlock/remove' = [ordered]@{ commands = 'TpmTbs.CommandBlock'; verdicts = 'TpmTbs.CommandVerdict'; statements = 'TpmTbs.ListStatement' }
    'commandGrant/add'    = [ordered]@{ commands = 'TpmTbs.CommandBlock'; verdicts = 'TpmTbs.CommandVerdict'; statements = 'TpmTbs.ListStatement' }
    'commandGrant/remove' = [ordered]@{ commands = 'TpmTbs.CommandBlock'; verdicts = 'TpmTbs.CommandVerdict'; statements = 'TpmTbs.ListStatement' }
    'lockout/get'         = [ordered]@{ result = 'TpmTbs.Lockout'; users = 'TpmTbs.UserLockout' }
    'lockout/reset'       = [ordered]@{ result = 'TpmTbs.Lockout'; users = 'TpmTbs.UserLockout' }
    'policy/get'          = [ordered]@{ settings = 'TpmTbs.PolicySetting'; problems = 'TpmTbs.PolicyProblem' }
    'policy/set'          = [ordered]@{ settings = 'TpmTbs.PolicySetting'; problems = 'TpmTbs.PolicyProblem'; differences = 'TpmTbs.PolicyDifference' }
    'policy/import'       = [ordered]@{ settings = 'TpmTbs.PolicySetting'; problems = 'TpmTbs.PolicyProblem' }
    'policy/test'         = [ordered]@{ result = 'TpmTbs.PolicyCompliance'; differences = 'TpmTbs.PolicyDifference' }
    'authLevel/get'       = [ordered]@{ result = 'TpmTbs.AuthLevel' }
    'authLevel/set'       = [ordered]@{ result = 'TpmTbs.AuthLevel' }
    'status/get'          = [ordered]@{ result = 'TpmTbs.Status'; tpm = 'TpmTbs.DeviceInfo'; costs = 'TpmTbs.CommandCost'; warnings = 'TpmTbs.StatusWarning' }
    'device/get'          = [ordered]@{ result = 'TpmTbs.DeviceInfo' }
    'resource/list'       = [ordered]@{ resources = 'TpmTbs.Resource' }
    'tpm/get'             = [ordered]@{ result = 'TpmTbs.Tpm' }
    'tpm/initialize'      = [ordered]@{ result = 'TpmTbs.ProvisioningState' }
    'tpm/provisioning'    = [ordered]@{ result = 'TpmTbs.ProvisioningState' }
    'ownerAuth/set'       = [ordered]@{ result = 'TpmTbs.OwnerAuthChange' }
    'ownerAuthBackup/get' = [ordered]@{ result = 'TpmTbs.OwnerAuthBackup' }
    'ownerAuthBackup/run' = [ordered]@{ result = 'TpmTbs.OwnerAuthBackup' }
    'ownerAuthBackup/test' = [ordered]@{ result = 'TpmTbs.OwnerAuthBackupCheck' }
    'tpmLockoutParameters/get' = [ordered]@{ result = 'TpmTbs.LockoutParameter' }
    'tpmLockoutParameters/set' = [ordered]@{ result = 'TpmTbs.LockoutParameter' }
    'autoProvisioning/set' = [ordered]@{ result = 'TpmTbs.AutoProvisioning' }
    'eventLog/get'        = [ordered]@{ events = 'TpmTbs.BootEvent'; digests = 'TpmTbs.LoggedDigest' }
    'eventLog/test'       = [ordered]@{ result = 'TpmTbs.EventLogTest'; pcrs = 'TpmTbs.PcrTest' }
    'physicalPresence/get' = [ordered]@{ result = 'TpmTbs.PhysicalPresence'; operations = 'TpmTbs.PhysicalPresenceOperation' }
    'physicalPresence/request' = [ordered]@{ result = 'TpmTbs.PhysicalPresence'; operations = 'TpmTbs.PhysicalPresenceOperation' }
    'event/subscribe'     = [ordered]@{ recent = 'TpmTbs.Event' }
    'event/raised'        = [ordered]@{ params = 'TpmTbs.Event' }
}

<#
Calls a method and returns its result. Errors go through the cmdlet, so that they name it: as terminating ones, or with
$Mode PerObject as error records of the one object, after which nothing is returned. A broker that cannot be reached
terminates always. $Mode Raw keeps the names of members as the protocol has them.
#>
function Invoke-TbsRpc($Cmdlet, $Method, $Parameters, $TargetObject, $Mode) {
    $answer = Send-TbsRequest $Cmdlet $Method $Parameters $TargetObject $Mode
    $failure = $answer['error']
    if ($failure -isnot [System.Management.Automation.PSCustomObject]) { return $answer['result'] }
    $record = ConvertTo-TbsErrorRecord $failure $TargetObject
    if ($Mode -ceq 'PerObject' -and $record.CategoryInfo.Category -ne 'ResourceBusy') { $Cmdlet.WriteError($record) } else { $Cmdlet.ThrowTerminatingError($record) }
}

# Sends the request and waits for its answer; what waits at the broker is cancelled when the pipeline is stopped.
function Send-TbsRequest($Cmdlet, $Method, $Parameters, $TargetObject, $Mode) {
    $answer = $lost = $null
    $names = $script:MemberNames
    if ($Mode -clike 'Raw') { $names = $null }
    while ($answer -isnot [System.Collections.IDictionary]) {
        $connection = Get-TbsConnection
        if ($connection -isnot [System.Collections.IDictionary]) { $Cmdlet.ThrowTerminatingError($connection) }
        $id = $script:RequestId
        $json = $null
        if ($Parameters -is [System.Collections.IDictionary]) { $json = ',"params":{0}' -f (ConvertTo-TbsJson $Parameters) }
        try {
            Send-TbsMessage $connection ('{{"jsonrpc":"2.0","id":{0},"method":"{1}"{2}}}' -f $id, $Method, $json)
            while ($answer -isnot [System.Collections.IDictionary]) {
                $message = Read-TbsMessage $connection $script:ResultTypes[$Method] $names
                # Answers to requests that nobody waits for any more have other ids.
                if ($message -is [System.Collections.IDictionary] -and $message['id'] -clike $id) { $answer = $message }
            }
        }
        catch {
            Close-TbsConnection $connection
            $connection = $null
            if ($lost -is [System.Exception] -or -not (Test-TbsRepeatable $Method)) {
                $Cmdlet.ThrowTerminatingError((New-TbsConnectionLostRecord $Method $_.Exception $TargetObject))
            }
            $lost = $_.Exception
        }
        finally {
            if ($answer -isnot [System.Collections.IDictionary]) {
                $script:RequestId++
                if ($null -ne $connection -and $Method -ceq 'command/submit') { Send-TbsCancel $connection $Parameters['contextId'] }
            }
        }
    }
    $answer
}

# Nobody waits for the answer: it is passed over by whoever reads the connection next.
function Send-TbsCancel($Connection, $ContextId) {
    $context = ''
    if ($ContextId) { $context = '"contextId":{0}' -f $ContextId }
    try { Send-TbsMessage $Connection ('{{"jsonrpc":"2.0","id":0,"method":"command/cancel","params":{{{0}}}}}' -f $context) }
    catch { Close-TbsConnection $Connection }
}
