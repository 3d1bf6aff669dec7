# Answers that are errors, and requests without an answer.

# Methods that change nothing may be asked again when the broker was restarted while they ran.
function Test-TbsRepeatable([string]$Method) { $Method.EndsWith('/get') -or $Method.EndsWith('/list') -or $Method.EndsWith('/test') }

function ConvertTo-TbsErrorRecord($RpcError, $TargetObject) {
    $data = $RpcError.data
    if ($null -ne $data -and $data.symbol) { return New-TbsErrorRecord $data.symbol $RpcError.message $data.action $TargetObject $data.details }
    # A fault of the protocol: the broker and this module are of different versions.
    New-TbsErrorRecord "JSON-RPC $($RpcError.code)" $RpcError.message 'Use the module that came with this broker.' $TargetObject $data
}

function Write-TbsRpcFault($Cmdlet, $RpcError, $TargetObject, $Mode) {
    $record = ConvertTo-TbsErrorRecord $RpcError $TargetObject
    if ($Mode -ceq 'PerObject' -and $record.CategoryInfo.Category -ne 'ResourceBusy') { $Cmdlet.WriteError($record) } else { $Cmdlet.ThrowTerminatingError($record) }
}

function New-TbsConnectionLostRecord([string]$Method, $Exception, $TargetObject) {
    while ($Exception.InnerException) { $Exception = $Exception.InnerException }
    New-TbsErrorRecord 'TBS_E_SERVICE_NOT_RUNNING' `
        "The connection to the broker ended while '$Method' was under way; whether it took effect is not known. $($Exception.Message)" `
        'Check with Get-TbsStatus and the Get- cmdlet of what was changed, then try again.' $TargetObject
}

# The connection ended under a request: returns the exception where it may be sent once more, or else throws it.
function Test-TbsLostRequest($Cmdlet, $Connection, [string]$Method, $TargetObject, $Earlier, $Exception) {
    Close-TbsConnection $Connection
    if ($Earlier -is [System.Exception] -or -not (Test-TbsRepeatable $Method)) {
        $Cmdlet.ThrowTerminatingError((New-TbsConnectionLostRecord $Method $Exception $TargetObject))
    }
    $Exception
}

# A request whose answer nobody waits for any more.
function Close-TbsRequest($Connection, [string]$Method, $Parameters) {
    $script:RequestId++
    if ($null -ne $Connection -and $Method -ceq 'command/submit') { Send-TbsCancel $Connection $Parameters }
}

# Nobody waits for the answer: it is passed over by whoever reads the connection next.
function Send-TbsCancel($Connection, $Parameters) {
    $context = ''
    if ($Parameters -is [hashtable] -and $Parameters['contextId']) { $context = '"contextId":{0}' -f $Parameters['contextId'] }
    try { Send-TbsMessage $Connection ('{{"jsonrpc":"2.0","id":0,"method":"command/cancel","params":{{{0}}}}}' -f $context) }
    catch { Close-TbsConnection $Connection }
}
