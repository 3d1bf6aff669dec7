# One call of the broker's JSON-RPC protocol (ts-core/endpoints/rpc/protocol).

$script:NextRequestId = 1

# Types of what the methods return: of the result itself, and of what its members hold.
$script:ResultTypes = @{
    'context/open'        = @{ result = 'TpmTbs.OpenedContext' }
    'context/list'        = @{ contexts = 'TpmTbs.Context' }
    'commandBlock/list'   = @{ commands = 'TpmTbs.CommandBlock'; verdicts = 'TpmTbs.CommandVerdict'; statements = 'TpmTbs.ListStatement' }
    'commandBlock/test'   = @{ result = 'TpmTbs.CommandBlock'; verdicts = 'TpmTbs.CommandVerdict'; statements = 'TpmTbs.ListStatement' }
    'commandBlock/add'    = @{ commands = 'TpmTbs.CommandBlock'; verdicts = 'TpmTbs.CommandVerdict'; statements = 'TpmTbs.ListStatement' }
    'commandBlock/remove' = @{ commands = 'TpmTbs.CommandBlock'; verdicts = 'TpmTbs.CommandVerdict'; statements = 'TpmTbs.ListStatement' }
    'commandGrant/add'    = @{ commands = 'TpmTbs.CommandBlock'; verdicts = 'TpmTbs.CommandVerdict'; statements = 'TpmTbs.ListStatement' }
    'commandGrant/remove' = @{ commands = 'TpmTbs.CommandBlock'; verdicts = 'TpmTbs.CommandVerdict'; statements = 'TpmTbs.ListStatement' }
    'lockout/get'         = @{ result = 'TpmTbs.Lockout'; users = 'TpmTbs.UserLockout' }
    'lockout/reset'       = @{ result = 'TpmTbs.Lockout'; users = 'TpmTbs.UserLockout' }
    'policy/get'          = @{ settings = 'TpmTbs.PolicySetting'; problems = 'TpmTbs.PolicyProblem' }
    'policy/set'          = @{ settings = 'TpmTbs.PolicySetting'; problems = 'TpmTbs.PolicyProblem'; differences = 'TpmTbs.PolicyDifference' }
    'policy/import'       = @{ settings = 'TpmTbs.PolicySetting'; problems = 'TpmTbs.PolicyProblem' }
    'policy/test'         = @{ result = 'TpmTbs.PolicyCompliance'; differences = 'TpmTbs.PolicyDifference' }
    'authLevel/get'       = @{ result = 'TpmTbs.AuthLevel' }
    'authLevel/set'       = @{ result = 'TpmTbs.AuthLevel' }
    'status/get'          = @{ result = 'TpmTbs.Status'; tpm = 'TpmTbs.DeviceInfo'; costs = 'TpmTbs.CommandCost'; warnings = 'TpmTbs.StatusWarning' }
    'device/get'          = @{ result = 'TpmTbs.DeviceInfo' }
    'resource/list'       = @{ resources = 'TpmTbs.Resource' }
    'tpm/get'             = @{ result = 'TpmTbs.Tpm' }
    'tpm/initialize'      = @{ result = 'TpmTbs.ProvisioningState' }
    'tpm/provisioning'    = @{ result = 'TpmTbs.ProvisioningState' }
    'ownerAuth/set'       = @{ result = 'TpmTbs.OwnerAuthChange' }
    'ownerAuthBackup/get' = @{ result = 'TpmTbs.OwnerAuthBackup' }
    'ownerAuthBackup/run' = @{ result = 'TpmTbs.OwnerAuthBackup' }
    'ownerAuthBackup/test' = @{ result = 'TpmTbs.OwnerAuthBackupCheck' }
    'tpmLockoutParameters/get' = @{ result = 'TpmTbs.LockoutParameter' }
    'tpmLockoutParameters/set' = @{ result = 'TpmTbs.LockoutParameter' }
    'autoProvisioning/set' = @{ result = 'TpmTbs.AutoProvisioning' }
    'eventLog/get'        = @{ events = 'TpmTbs.BootEvent'; digests = 'TpmTbs.LoggedDigest' }
    'eventLog/test'       = @{ result = 'TpmTbs.EventLogTest'; pcrs = 'TpmTbs.PcrTest' }
    'physicalPresence/get' = @{ result = 'TpmTbs.PhysicalPresence'; operations = 'TpmTbs.PhysicalPresenceOperation' }
    'physicalPresence/request' = @{ result = 'TpmTbs.PhysicalPresence'; operations = 'TpmTbs.PhysicalPresenceOperation' }
    'event/subscribe'     = @{ recent = 'TpmTbs.Event' }
    'event/raised'        = @{ params = 'TpmTbs.Event' }
}

# Methods that change nothing may be asked again when the broker was restarted while they ran.
function Test-TbsRepeatable([string]$Method) { $Method.EndsWith('/get') -or $Method.EndsWith('/list') -or $Method.EndsWith('/test') }

<#
Calls a method and returns its result. Errors go through the cmdlet, so that they name it: as terminating ones, or with
-PerObject as error records of the one object, after which nothing is returned. A broker that cannot be reached
terminates always. -Raw keeps the names of members as the protocol has them.
#>
function Invoke-TbsRpc($Cmdlet, [string]$Method, $Parameters, $TargetObject, [switch]$PerObject, [switch]$Raw) {
    $answer = Send-TbsRequest $Cmdlet $Method $Parameters $TargetObject $Raw
    if ($null -eq $answer.error) { return $answer.result }
    $record = ConvertTo-TbsErrorRecord $answer.error $TargetObject
    if ($PerObject -and $record.CategoryInfo.Category -ne 'ResourceBusy') { $Cmdlet.WriteError($record) } else { $Cmdlet.ThrowTerminatingError($record) }
}

function ConvertTo-TbsErrorRecord($RpcError, $TargetObject) {
    $data = $RpcError.data
    if ($null -ne $data -and $data.symbol) { return New-TbsErrorRecord $data.symbol $RpcError.message $data.action $TargetObject $data.details }
    # A fault of the protocol: the broker and this module are of different versions.
    New-TbsErrorRecord "JSON-RPC $($RpcError.code)" $RpcError.message 'Use the module that came with this broker.' $TargetObject $data
}

# Sends the request and waits for its answer; what waits at the broker is cancelled when the pipeline is stopped.
function Send-TbsRequest($Cmdlet, [string]$Method, $Parameters, $TargetObject, $Raw) {
    $isRepeated = $false
    while ($true) {
        $connection = Get-TbsConnection
        if ($connection -isnot [hashtable]) { $Cmdlet.ThrowTerminatingError($connection) }
        $id = $script:NextRequestId++
        $json = ''
        if ($null -ne $Parameters) { $json = ',"params":' + (ConvertTo-TbsJson $Parameters) }
        $answered = $false
        try {
            Send-TbsMessage $connection ('{"jsonrpc":"2.0","id":' + $id + ',"method":"' + $Method + '"' + $json + '}')
            while (-not $answered) {
                $text = Read-TbsMessage $connection 100
                if ($null -eq $text) { continue }
                $message = ConvertFrom-TbsJson $text $script:ResultTypes[$Method] $Raw
                # Answers to requests that nobody waits for any more have other ids.
                if ($message.id -eq $id) { $answered = $true }
            }
            return $message
        }
        catch {
            $answered = $true
            Close-TbsConnection $connection
            if ($isRepeated -or -not (Test-TbsRepeatable $Method)) {
                $Cmdlet.ThrowTerminatingError((New-TbsConnectionLostRecord $Method $_.Exception $TargetObject))
            }
            $isRepeated = $true
        }
        finally {
            if (-not $answered -and $Method -ceq 'command/submit') { Stop-TbsSubmission $connection $Parameters.contextId }
        }
    }
}

function New-TbsConnectionLostRecord([string]$Method, $Exception, $TargetObject) {
    while ($Exception.InnerException) { $Exception = $Exception.InnerException }
    New-TbsErrorRecord 'TBS_E_SERVICE_NOT_RUNNING' `
        "The connection to the broker ended while '$Method' was under way; whether it took effect is not known. $($Exception.Message)" `
        'Check with Get-TbsStatus and the Get- cmdlet of what was changed, then try again.' $TargetObject
}

# For a caller that no longer waits. The answers are passed over by whoever reads the connection next.
function Stop-TbsSubmission($Connection, $ContextId) {
    Send-TbsUnawaited $Connection 'command/cancel' $ContextId
}

function Send-TbsUnawaited($Connection, [string]$Method, $ContextId) {
    try {
        $id = $script:NextRequestId++
        Send-TbsMessage $Connection ('{"jsonrpc":"2.0","id":' + $id + ',"method":"' + $Method + '","params":{"contextId":' + $ContextId + '}}')
    }
    catch { Close-TbsConnection $Connection }
}
