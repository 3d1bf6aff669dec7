# Answers that are errors, and requests without an answer.

# Methods that change nothing may be asked again when the broker was restarted while they ran.
function Test-TbsRepeatable([string]$Method) { $Method.EndsWith('/get') -or $Method.EndsWith('/list') -or $Method.EndsWith('/test') }

function ConvertTo-TbsErrorRecord($RpcError, $TargetObject) {
    $data = $RpcError.data
    if ($null -ne $data -and $data.symbol) { return New-TbsErrorRecord $data.symbol $RpcError.message $data.action $TargetObject $data.details }
    # A fault of the protocol: the broker and this module are of different versions.
    New-TbsErrorRecord "JSON-RPC $($RpcError.code)" $RpcError.message 'Use the module that came with this broker.' $TargetObject $data
}

function New-TbsConnectionLostRecord([string]$Method, $Exception, $TargetObject) {
    while ($Exception.InnerException) { $Exception = $Exception.InnerException }
    New-TbsErrorRecord 'TBS_E_SERVICE_NOT_RUNNING' `
        "The connection to the broker ended while '$Method' was under way; whether it took effect is not known. $($Exception.Message)" `
        'Check with Get-TbsStatus and the Get- cmdlet of what was changed, then try again.' $TargetObject
}
