# Owner authorization as cmdlets take it: base64 text, a SecureString of it, an owner-password file (.tpm), or a prompt.

$script:MaxOwnerAuthFileBytes = 64KB

# The text of a string or SecureString; what was decrypted on the way is wiped.
function ConvertFrom-TpmSecret($Value) {
    if ($Value -isnot [securestring]) { return "$Value" }
    $pointer = [System.Runtime.InteropServices.Marshal]::SecureStringToGlobalAllocUnicode($Value)
    try { [System.Runtime.InteropServices.Marshal]::PtrToStringUni($pointer) }
    finally { [System.Runtime.InteropServices.Marshal]::ZeroFreeGlobalAllocUnicode($pointer) }
}

# Base64 of the SHA-1 of a passphrase in UTF-16LE, without terminator and salt.
function ConvertTo-TpmOwnerAuthText([string]$PassPhrase) {
    $bytes = [System.Text.Encoding]::Unicode.GetBytes($PassPhrase)
    $sha1 = [System.Security.Cryptography.SHA1]::Create()
    try { [System.Convert]::ToBase64String($sha1.ComputeHash($bytes)) }
    finally {
        $sha1.Dispose()
        [array]::Clear($bytes, 0, $bytes.Length)
    }
}

function New-TpmOwnerAuthRecord([string]$Message, $TargetObject) {
    New-TbsErrorRecord 'TBS_E_BAD_PARAMETER' $Message `
        'Give the base64 text that ConvertTo-TpmOwnerAuth makes, a SecureString of it, or an owner-password file.' $TargetObject
}

# Reads the value out of an owner-password file: <tpmOwnerData><ownerAuth>base64</ownerAuth></tpmOwnerData>. The file is
# somebody else's: no document type, no more than 64 KB, and nothing of it is repeated in an error.
function Read-TpmOwnerAuthFile($Cmdlet, [string]$Path) {
    try {
        $full = $Cmdlet.GetUnresolvedProviderPathFromPSPath($Path)
        if ([System.IO.FileInfo]::new($full).Length -gt $script:MaxOwnerAuthFileBytes) { throw [System.IO.InvalidDataException]::new('it is larger than 64 KB.') }
        $settings = [System.Xml.XmlReaderSettings]::new()
        $settings.DtdProcessing = 'Prohibit'
        $settings.XmlResolver = $null
        $settings.MaxCharactersInDocument = $script:MaxOwnerAuthFileBytes
        $stream = [System.IO.File]::OpenRead($full)
        try {
            $reader = [System.Xml.XmlReader]::Create($stream, $settings)
            $text = $null
            $root = $null
            while ($reader.Read()) {
                if ($reader.NodeType -ne 'Element') { continue }
                if ($null -eq $root) { $root = $reader.LocalName }
                if ($root -ceq 'tpmOwnerData' -and $reader.Depth -eq 1 -and $reader.LocalName -ceq 'ownerAuth' -and $null -eq $text) {
                    $text = $reader.ReadElementContentAsString().Trim()
                }
            }
        }
        finally { $stream.Dispose() }
    }
    catch {
        $Cmdlet.ThrowTerminatingError((New-TbsFileRecord $Path $_.Exception))
    }
    if (-not (Test-TpmOwnerAuthText $text)) { $Cmdlet.ThrowTerminatingError((New-TpmOwnerAuthRecord "'$Path' is not an owner-password file: it has no tpmOwnerData with an ownerAuth of 20 bytes." $Path)) }
    $text
}

function Test-TpmOwnerAuthText([string]$Text) { $Text -cmatch '^[A-Za-z0-9+/]{27}=$' }

# Writes a new owner-password file as Windows does, that only its owner may read; the value is on disk when it returns.
# Never replaces a file.
function New-TpmOwnerAuthFile($Cmdlet, [string]$Path, [string]$OwnerAuth) {
    $about = [ordered]@{
        version      = '1.0'
        softwareAuthor = 'TpmTbs'
        creationDate = [datetime]::UtcNow.ToString('yyyy-MM-ddTHH:mm:ssZ')
        creationUser = [System.Environment]::UserName
        machineName  = [System.Environment]::MachineName
    }
    $attributes = foreach ($name in $about.Keys) { $name + '="' + [System.Security.SecurityElement]::Escape($about[$name]) + '"' }
    $manufacturerId = (Invoke-TbsRpc $Cmdlet 'device/get').ManufacturerId
    $document = '<?xml version="1.0" encoding="UTF-8"?>' + "`n<tpmOwnerData $attributes>`n" +
    "  <tpmInfo manufacturerId=`"$manufacturerId`"/>`n  <ownerAuth>$OwnerAuth</ownerAuth>`n</tpmOwnerData>`n"
    $bytes = [System.Text.Encoding]::UTF8.GetBytes($document)
    try {
        $full = $Cmdlet.GetUnresolvedProviderPathFromPSPath($Path)
        $stream = [System.IO.FileStream]::new($full, 'CreateNew', 'Write', 'None')
        try {
            # Before the secret is in it.
            if (-not (Test-TbsWindows)) { [System.IO.File]::SetUnixFileMode($full, 'UserRead, UserWrite') }
            $stream.Write($bytes, 0, $bytes.Length)
            $stream.Flush($true)
        }
        finally { $stream.Dispose() }
    }
    catch { $Cmdlet.ThrowTerminatingError((New-TbsFileRecord $Path $_.Exception)) }
    finally { [array]::Clear($bytes, 0, $bytes.Length) }
}

function New-TpmRandomOwnerAuth {
    $bytes = [byte[]]::new(20)
    $generator = [System.Security.Cryptography.RandomNumberGenerator]::Create()
    try {
        $generator.GetBytes($bytes)
        [System.Convert]::ToBase64String($bytes)
    }
    finally {
        $generator.Dispose()
        [array]::Clear($bytes, 0, $bytes.Length)
    }
}

# The authorization that a cmdlet was given, as base64; nothing when none was, and the broker uses the one it keeps.
function Resolve-TpmOwnerAuth($Cmdlet, $OwnerAuthorization, [string]$File, [bool]$Prompt, [string]$Question = 'Owner password') {
    if ($File) { return Read-TpmOwnerAuthFile $Cmdlet $File }
    if ($Prompt) {
        $Cmdlet.Host.UI.Write("${Question}: ")
        return ConvertTo-TpmOwnerAuthText (ConvertFrom-TpmSecret $Cmdlet.Host.UI.ReadLineAsSecureString())
    }
    if ($null -eq $OwnerAuthorization) { return }
    $text = ConvertFrom-TpmSecret $OwnerAuthorization
    try { [void][System.Convert]::FromBase64String($text) }
    catch { $Cmdlet.ThrowTerminatingError((New-TpmOwnerAuthRecord 'The owner authorization is not base64 text.' $null)) }
    $text
}

# The parameters of a call that takes an optional authorization.
function Get-TpmAuthParameter([string]$OwnerAuth) {
    $parameters = @{}
    if ($OwnerAuth) { $parameters.ownerAuth = $OwnerAuth }
    $parameters
}

# The names that Windows' own TrustedPlatformModule has: there they stay its.
$script:WindowsTpmCommands = @(
    'Clear-Tpm', 'ConvertTo-TpmOwnerAuth', 'Disable-TpmAutoProvisioning', 'Enable-TpmAutoProvisioning', 'Get-Tpm',
    'Get-TpmEndorsementKeyInfo', 'Get-TpmSupportedFeature', 'Import-TpmOwnerAuth', 'Initialize-Tpm', 'Set-TpmOwnerAuth', 'Unblock-Tpm'
)

# Which of the module's functions are not exported, because Windows brings them; none anywhere else.
function Get-TpmHiddenCommand([string]$SystemModules) {
    if ($SystemModules -and [System.IO.Directory]::Exists("$SystemModules/TrustedPlatformModule")) { $script:WindowsTpmCommands }
}
