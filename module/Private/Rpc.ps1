# One call of the broker's JSON-RPC protocol (ts-core/endpoints/rpc/protocol).

# Of the request under way; another one as soon as its answer is given up, so that a late one is told apart.
$script:RequestId = 1

# Types of what the methods return: of the result itself, and of what its members hold; 1 for a hashtable, from which a
# cmdlet makes an object.
$script:ResultTypes = @{
    'context/open'        = @{ result = 'TpmTbs.OpenedContext' }
    'context/list'        = @{ contexts = 'TpmTbs.Context' }
    'commandBlock/list'   = @{ commands = 1; verdicts = 1; statements = 'TpmTbs.ListStatement' }
    'commandBlock/test'   = @{ result = 1; verdicts = 1; statements = 'TpmTbs.ListStatement' }
    'command/submit'      = @{ result = 1 }
    'commandBlock/add'    = @{ commands = 1; verdicts = 1; statements = 'TpmTbs.ListStatement' }
    'commandBlock/remove' = @{ commands = 1; verdicts = 1; statements = 'TpmTbs.ListStatement' }
    'commandGrant/add'    = @{ commands = 1; verdicts = 1; statements = 'TpmTbs.ListStatement' }
    'commandGrant/remove' = @{ commands = 1; verdicts = 1; statements = 'TpmTbs.ListStatement' }
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

<#
Calls a method and returns its result. Errors go through the cmdlet, so that they name it: as terminating ones, or with
$Mode PerObject as error records of the one object, after which nothing is returned. A broker that cannot be reached
terminates always. $Parameters is a hashtable or the JSON of one, with which the first call is quicker. $Mode Raw keeps the
names of members as the protocol has them.
#>
function Invoke-TbsRpc($Cmdlet, $Method, $Parameters, $TargetObject, $Mode) {
    $answer = $lost = $null
    $names = $script:MemberNames
    if ($Mode -clike 'Raw') { $names = $null }
    while ($answer -isnot [hashtable]) {
        if ($script:TbsConnection -is [hashtable]) { $connection = Get-TbsConnection }
        else { $connection = $script:TbsConnection = Open-TbsConnection -Path $env:TPMTBS_SOCKET }
        if ($connection -isnot [hashtable]) { $script:TbsConnection = $null; $Cmdlet.ThrowTerminatingError($connection) }
        # What changes nothing and carries no secret; commands of TPM 2.0 and 1.2 without authorization begin so.
        if ($connection['OwnerChecked'] -isnot [bool] -and $Method -cnotlike '*/get' -and $Method -cnotlike '*/list' -and $Method -cnotlike '*/test' -and
            $Parameters -cnotlike '{"command":"gAE*' -and $Parameters -cnotlike '{"command":"AME*') {
            $distrust = Test-TbsSocketOwner $connection
            if ($distrust -like '?*') { Close-TbsConnection $connection; $Cmdlet.ThrowTerminatingError($distrust) }
        }
        $id = $script:RequestId
        $json = $Parameters
        if ($Parameters -is [hashtable]) { $json = ConvertTo-TbsJson -Value $Parameters }
        if ($json -is [string]) { $json = ',"params":{0}' -f $json }
        $json = '{{"jsonrpc":"2.0","id":{0},"method":"{1}"{2}}}' -f $id, $Method, $json
        $socket = $connection['Socket']
        try {
            # On a blocking socket this returns when all is sent. JSON of ours is ASCII, so that its length is its bytes.
            if ($connection['IsPipe'] -is [bool]) { Send-TbsMessage $connection $json }
            else { [void]$socket.Send($script:Utf8.GetBytes(("Content-Length: {0}`r`n`r`n{1}" -f $json.Length, $json))) }
            while ($answer -isnot [hashtable]) {
                $message = $null
                # As a rule a message comes whole and alone, which the reader of JSON tells. What was received when the
                # pipeline was stopped is still there.
                if ($connection['IsPipe'] -isnot [bool] -and $connection['End'] -clike '0') {
                    if ($script:TbsReceived -clike '0') {
                        if ($socket.Poll($script:PollMicroseconds, $script:SelectRead) -notlike 'True') { continue }
                        $script:TbsReceived = $socket.Receive($connection['Buffer'])
                    }
                    $text = $script:Utf8.GetString($connection['Buffer'], $connection['Start'], $script:TbsReceived)
                    if ($text -clike 'Content-Length: *}') { $message = ConvertFrom-TbsJson -Text $text -Types $script:ResultTypes[$Method] -Names $names }
                }
                if ($message -is [hashtable]) { $script:TbsReceived = 0 }
                else { $message = Read-TbsPartialMessage $connection $script:ResultTypes[$Method] $names }
                # Answers to requests that nobody waits for any more have other ids.
                if ($message -is [hashtable] -and $message['id'] -clike $id) { $answer = $message }
            }
        }
        catch {
            $lost = Test-TbsLostRequest $Cmdlet $connection $Method $TargetObject $lost $_.Exception
            $connection = $null
        }
        finally {
            # What waits at the broker is cancelled when the pipeline is stopped.
            if ($answer -isnot [hashtable]) { Close-TbsRequest $connection $Method $Parameters }
        }
    }
    if ($answer['error'] -is [pscustomobject]) { Write-TbsRpcFault $Cmdlet $answer['error'] $TargetObject $Mode }
    else { $answer['result'] }
}
