# JSON without the Utility cmdlets. PowerShell 7 brings Newtonsoft's reader, Windows PowerShell the framework's own.
# The first use of a method in script costs about a millisecond, so these loops use few of them.

# Members that hold a time (UTC ISO 8601 in the protocol, local DateTime here).
$script:TimeMembers = @{ at = 1; agesOutAt = 1; freesAt = 1; totalFreesAt = 1; openedAt = 1; startedAt = 1; time = 1; first = 1; last = 1; endsAt = 1 }

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

# -Types: type name of the object, or of the array's elements, that a member holds. -Raw keeps member names and times as they are.
function ConvertFrom-TbsJson([string]$Text, $Types, [bool]$Raw) {
    if (-not $IsCoreCLR) { return ConvertFrom-TbsJsonFramework $Text $Types $Raw }
    $reader = [Newtonsoft.Json.JsonTextReader]::new([System.IO.StringReader]::new($Text))
    $reader.DateParseHandling = 0
    $names = $script:MemberNames
    # Where we are: the members so far, the key that waits for its value, the key of the whole, and the count when an array.
    $members = $key = $owner = $outer = $count = $null
    while ($reader.Read()) {
        $token = [int]$reader.TokenType
        $value = $reader.Value
        # Newtonsoft.Json.JsonToken: PropertyName 4, StartObject 1, StartArray 2, EndObject 13, EndArray 14, String 9.
        if ($token -eq 4) { $key = $value; continue }
        if ($token -eq 1 -or $token -eq 2) {
            $outer = $members, $key, $owner, $count, $outer
            if ($null -eq $count) { $owner = $key }
            $members = [ordered]@{}
            $count = $null
            if ($token -eq 2) { $count = 0 }
            elseif ($null -ne $Types -and $null -ne $owner) {
                $type = $Types[$owner]
                if ($null -ne $type) { $members['PSTypeName'] = $type }
            }
            continue
        }
        if ($token -eq 13 -or $token -eq 14) {
            # Through a pipeline a list of one would lose its list, so no pipeline here.
            if ($token -eq 14) { $value = [object[]]$members.Values } else { $value = [pscustomobject]$members }
            $members, $key, $owner, $count, $outer = $outer
            if ($null -eq $members) { return , $value }
        }
        elseif ($token -eq 9 -and -not $Raw -and $null -eq $count -and $script:TimeMembers[$key]) {
            $value = ([datetime]::Parse($value, [cultureinfo]::InvariantCulture, 128)).ToLocalTime()
        }
        if ($null -ne $count) { $members["$count"] = $value; $count++; continue }
        if (-not $Raw) {
            $name = $names[$key]
            if ($null -eq $name) { $name = ConvertTo-PascalName $key }
            $key = $name
        }
        $members[$key] = $value
    }
    throw [System.IO.InvalidDataException]::new('The text is not a whole JSON object.')
}

function ConvertFrom-TbsJsonFramework([string]$Text, $Types, [bool]$Raw) {
    [void][System.Reflection.Assembly]::Load('System.Web.Extensions, Version=4.0.0.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35')
    $serializer = [System.Web.Script.Serialization.JavaScriptSerializer]::new()
    $serializer.MaxJsonLength = [int]::MaxValue
    , (ConvertFrom-TbsDictionary $serializer.DeserializeObject($Text) $null $Types $Raw)
}

function ConvertFrom-TbsDictionary($Value, [string]$Owner, $Types, [bool]$Raw) {
    if ($Value -is [System.Collections.IDictionary]) {
        $members = [ordered]@{}
        if ($null -ne $Types -and $Owner -and $Types[$Owner]) { $members['PSTypeName'] = $Types[$Owner] }
        foreach ($key in $Value.Keys) {
            $member = ConvertFrom-TbsDictionary $Value[$key] $key $Types $Raw
            if (-not $Raw -and $member -is [string] -and $script:TimeMembers[$key]) {
                $member = ([datetime]::Parse($member, [cultureinfo]::InvariantCulture, 128)).ToLocalTime()
            }
            $name = $key
            if (-not $Raw) { $name = ConvertTo-PascalName $key }
            $members[$name] = $member
        }
        return [pscustomobject]$members
    }
    if ($Value -is [array]) {
        $list = [object[]]::new($Value.Length)
        for ($index = 0; $index -lt $Value.Length; $index++) { $list[$index] = ConvertFrom-TbsDictionary $Value[$index] $Owner $Types $Raw }
        return , $list
    }
    if ($Value -is [int]) { return [long]$Value }
    $Value
}

function ConvertTo-TbsJson($Value) {
    if ($null -eq $Value) { return 'null' }
    if ($Value -is [string]) { return ConvertTo-TbsJsonString $Value }
    if ($Value -is [bool]) { if ($Value) { return 'true' } else { return 'false' } }
    if ($Value -is [System.Collections.IDictionary]) {
        $parts = foreach ($key in $Value.Keys) { (ConvertTo-TbsJsonString "$key") + ':' + (ConvertTo-TbsJson $Value[$key]) }
        return '{' + ($parts -join ',') + '}'
    }
    if ($Value -is [System.Management.Automation.PSCustomObject]) {
        $parts = foreach ($property in $Value.PSObject.Properties) {
            (ConvertTo-TbsJsonString $property.Name) + ':' + (ConvertTo-TbsJson $property.Value)
        }
        return '{' + ($parts -join ',') + '}'
    }
    if ($Value -is [System.Collections.IEnumerable]) {
        $parts = foreach ($element in $Value) { ConvertTo-TbsJson $element }
        return '[' + ($parts -join ',') + ']'
    }
    if ($Value -is [datetime]) { return '"' + $Value.ToUniversalTime().ToString('o') + '"' }
    if ($Value -is [enum]) { return "$([int64]$Value)" }
    if ($Value -is [ValueType] -and $Value -isnot [char]) { return $Value.ToString([cultureinfo]::InvariantCulture) }
    ConvertTo-TbsJsonString "$Value"
}

function ConvertTo-TbsJsonString([string]$Text) {
    if ($IsCoreCLR) { return [Newtonsoft.Json.JsonConvert]::ToString($Text) }
    [void][System.Reflection.Assembly]::Load('System.Web, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b03f5f7f11d50a3a')
    [System.Web.HttpUtility]::JavaScriptStringEncode($Text, $true)
}

# Two-space indented, as a person would keep it in a file.
function Format-TbsJson($Value, [string]$Indent = '') {
    $inner = "$Indent  "
    if ($Value -is [System.Management.Automation.PSCustomObject]) {
        $parts = foreach ($property in $Value.PSObject.Properties) {
            $inner + (ConvertTo-TbsJsonString $property.Name) + ': ' + (Format-TbsJson $property.Value $inner)
        }
        if ($parts) { return "{`n" + ($parts -join ",`n") + "`n$Indent}" }
        return '{}'
    }
    ConvertTo-TbsJson $Value
}
