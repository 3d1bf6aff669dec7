# JSON without the Utility cmdlets, the same on PowerShell 7 and Windows PowerShell.
#
# Login scripts wait for the first answer. The engine compiles a rule, for 1 to 3 ms, at the first use of each property,
# method, index, comparison or conversion, for each type that they meet; -is, -as, -like, -split, -replace and -f are
# calls of compiled code and cost nothing of that kind. So what is on the way of the first call is written with these,
# with untyped variables (numbers and switches in typed ones have the engine compile a type), and with hashtables
# throughout, so that one rule for the index serves all.

# Members that hold a time (UTC ISO 8601 in the protocol, local DateTime here).
$script:TimeMembers = @{
    at = 1; agesOutAt = 1; freesAt = 1; totalFreesAt = 1; openedAt = 1; startedAt = 1; time = 1; first = 1; last = 1; endsAt = 1
}

# What a JSON text falls into: strings with their quotes, and with the colon where they are names; brackets; between those
# are numbers and words. Commas, and the header before the first brace, are left out.
$script:JsonPart = '^[^{]+|,?("[^"\\]*(?:\\.[^"\\]*)*":?)|,?([{}\[\]])|,'

# The names that answers have, as PowerShell has them; others are made when they come.
$script:MemberNames = @{
    action = 'Action'; activeDirectoryBackup = 'ActiveDirectoryBackup'
    additionalCertificates = 'AdditionalCertificates'; address = 'Address'; administrator = 'Administrator'
    algorithm = 'Algorithm'; allowed = 'Allowed'; appliedPriority = 'AppliedPriority'
    autoProvisioning = 'AutoProvisioning'; caller = 'Caller'; callerClass = 'CallerClass'
    cancellation = 'Cancellation'; cancelled = 'Cancelled'; changed = 'Changed'; clearRequired = 'ClearRequired'
    code = 'Code'; commands = 'Commands'; completed = 'Completed'; compliant = 'Compliant'; condition = 'Condition'
    contextId = 'ContextId'; contexts = 'Contexts'; costs = 'Costs'; count = 'Count'; current = 'Current'
    data = 'Data'; decidingList = 'DecidingList'; desired = 'Desired'; details = 'Details'
    differences = 'Differences'; durationMinutes = 'DurationMinutes'; durationMs = 'DurationMs'; effect = 'Effect'
    endpoints = 'Endpoints'; error = 'Error'; estimatedWaitMs = 'EstimatedWaitMs'; failedTries = 'FailedTries'
    failures = 'Failures'; failuresAgeOutAt = 'FailuresAgeOutAt'; features = 'Features'
    firmwareVersion = 'FirmwareVersion'; freesAt = 'FreesAt'; id = 'Id'; inFlight = 'InFlight'; inForce = 'InForce'
    individualThreshold = 'IndividualThreshold'; information = 'Information'; isPresent = 'IsPresent'
    jsonrpc = 'Jsonrpc'; keyType = 'KeyType'; kind = 'Kind'; level = 'Level'; levelName = 'LevelName'; liftedBy = 'LiftedBy'
    limits = 'Limits'; list = 'List'; lockedOut = 'LockedOut'; lockoutCount = 'LockoutCount'
    lockoutHealTime = 'LockoutHealTime'; lockoutMax = 'LockoutMax'; lockoutRecoverySeconds = 'LockoutRecoverySeconds'
    lost = 'Lost'; managedAuthLevel = 'ManagedAuthLevel'; manufacturer = 'Manufacturer'
    manufacturerCertificates = 'ManufacturerCertificates'; manufacturerId = 'ManufacturerId'
    manufacturerIdTxt = 'ManufacturerIdTxt'; manufacturerVersion = 'ManufacturerVersion'
    manufacturerVersionFull20 = 'ManufacturerVersionFull20'; maxCommandBytes = 'MaxCommandBytes'
    maxResponseBytes = 'MaxResponseBytes'; maxTries = 'MaxTries'; meanMs = 'MeanMs'; message = 'Message'
    mode = 'Mode'; name = 'Name'; needs = 'Needs'; notes = 'Notes'; openedAt = 'OpenedAt'; own = 'Own'
    ownerAuth = 'OwnerAuth'; ownerClearDisabled = 'OwnerClearDisabled'; params = 'Params'
    physicalPresenceRequired = 'PhysicalPresenceRequired'; policy = 'Policy'; problems = 'Problems'
    processId = 'ProcessId'; publicKey = 'PublicKey'; publicKeyHash = 'PublicKeyHash'; queue = 'Queue'
    reason = 'Reason'; recent = 'Recent'; recoverySeconds = 'RecoverySeconds'; refused = 'Refused'
    removed = 'Removed'; resident = 'Resident'; resources = 'Resources'; response = 'Response'
    responseCode = 'ResponseCode'; responseName = 'ResponseName'; restartPending = 'RestartPending'
    restartRequired = 'RestartRequired'; result = 'Result'; resultCode = 'ResultCode'; revision = 'Revision'
    sandboxedApp = 'SandboxedApp'; selfTest = 'SelfTest'; setByPolicy = 'SetByPolicy'; setting = 'Setting'
    settings = 'Settings'; shutdownRequired = 'ShutdownRequired'; source = 'Source'; sourceKind = 'SourceKind'
    specification = 'Specification'; standardUser = 'StandardUser'; startedAt = 'StartedAt'; state = 'State'
    statements = 'Statements'; structVersion = 'StructVersion'; symbol = 'Symbol'; time = 'Time'
    totalFailures = 'TotalFailures'; totalFreesAt = 'TotalFreesAt'; totalLockedOut = 'TotalLockedOut'
    totalThreshold = 'TotalThreshold'; tpm = 'Tpm'; tpmActivated = 'TpmActivated'; tpmEnabled = 'TpmEnabled'
    tpmImpRevision = 'TpmImpRevision'; tpmInterfaceType = 'TpmInterfaceType'; tpmOwned = 'TpmOwned'
    tpmPresent = 'TpmPresent'; tpmReady = 'TpmReady'; tpmVersion = 'TpmVersion'
    tpmVersionNumber = 'TpmVersionNumber'; transport = 'Transport'; unchanged = 'Unchanged'; userKey = 'UserKey'
    userName = 'UserName'; users = 'Users'; value = 'Value'; vendorString = 'VendorString'; verdicts = 'Verdicts'
    version = 'Version'; virtualHandle = 'VirtualHandle'; waitMs = 'WaitMs'; waiting = 'Waiting'
    waitingCommands = 'WaitingCommands'; warnings = 'Warnings'
}

function ConvertTo-PascalName([string]$Name) {
    $pascal = $Name.Substring(0, 1).ToUpperInvariant() + $Name.Substring(1)
    $script:MemberNames[$Name] = $pascal
    $pascal
}

<#
Reads one JSON object as JSON.stringify writes it: gives its members as a hashtable, those of the objects in it
as objects; nothing where the text is not one whole object. $Types: type name of the object, or of the array's elements,
that a member holds; 1 leaves those as hashtables. $Names: $script:MemberNames, or nothing to keep names and times as they are; those of the whole are
kept always.
#>
function ConvertFrom-TbsJson($Text, $Types, $Names) {
    # Where we are: the members or elements so far, the name that waits for its value, and the name of the whole.
    $members = $elements = $name = $owner = $outer = $whole = $null
    foreach ($part in ($Text -csplit $script:JsonPart) -clike '?*') {
        if ($part -clike '*:') {
            $name = $part -creplace '^"|":?$'
            if ($part -clike '*\*') { $name = [regex]::Unescape($name) }
            if ($owner -is [string] -and $Names -is [hashtable]) {
                $pascal = $Names[$name]
                if ($pascal -isnot [string]) { $pascal = ConvertTo-PascalName $name }
                $name = $pascal
            }
            continue
        }
        if ($part -clike '{' -or $part -clike '`[') {
            if ($whole -is [hashtable]) { return }
            $outer = $members, $elements, $name, $owner, $outer
            if ($elements -isnot [array]) { $owner = $name }
            $members = $elements = $null
            if ($part -clike '`[') { $elements = @(); continue }
            $members = [ordered]@{}
            if ($owner -is [string] -and $Types -is [hashtable]) {
                $type = $Types[$owner]
                if ($type -is [string]) { $members = [ordered]@{ PSTypeName = $type } }
            }
            continue
        }
        if ($part -clike '}') {
            $value = $members
            if ($owner -is [string] -and $Types -is [hashtable] -and $Types[$owner] -is [int]) { $value = $value -as [hashtable] }
            $members, $elements, $name, $owner, $outer = $outer
            if ($outer -isnot [array]) { $whole = $value -as [hashtable] }
            elseif ($value -isnot [hashtable]) { $value = [pscustomobject]$value }
        }
        elseif ($part -clike '`]') {
            $value = $elements
            $members, $elements, $name, $owner, $outer = $outer
        }
        elseif ($part -clike '"*') {
            $value = $part -creplace '^"|":?$'
            if ($part -clike '*\*') { $value = [regex]::Unescape($value) }
            elseif ($part -clike '"????-??-??T*Z"' -and $Names -is [hashtable] -and $script:TimeMembers[$name] -is [int] -and $elements -isnot [array]) {
                $value = $value -as [datetime]
            }
        }
        elseif ($part -clike 'null') { $value = $null }
        elseif ($part -clike 'true') { $value = $true }
        elseif ($part -clike 'false') { $value = $false }
        elseif ($part -clike '*[.eE]*') { $value = $part -as [double] }
        else { $value = $part -as [long] }
        # An index would want a rule for each type of value.
        if ($elements -is [array]) { $elements += , $value }
        elseif ($outer -is [array]) { $members += [ordered]@{ $name = $value } }
    }
    if ($outer -isnot [array]) { $whole }
}

# A value as JSON in ASCII. Objects and others are for Convert-TbsValueToJson, which is loaded when there are some.
function ConvertTo-TbsJson($Value) {
    if ($Value -is [string]) { return ConvertTo-TbsJsonString -Text $Value }
    if ($Value -isnot [hashtable]) { return Convert-TbsValueToJson $Value }
    $parts = foreach ($key in $Value.Keys) { (ConvertTo-TbsJsonString "$key") + ':' + (ConvertTo-TbsJson $Value[$key]) }
    '{' + ($parts -join ',') + '}'
}

function ConvertTo-TbsJsonString($Text) {
    # Nothing to escape, as a rule: ASCII from the space to the tilde without the quote and the backslash.
    if (($Text -creplace '[ !#-\[\]-~]') -clike '') { return '"{0}"' -f $Text }
    ConvertTo-TbsEscapedString $Text
}
