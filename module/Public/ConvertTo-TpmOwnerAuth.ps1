function ConvertTo-TpmOwnerAuth {
    <#
    .SYNOPSIS
        Makes an owner authorization from a passphrase.
    .DESCRIPTION
        Gives the base64 text of the SHA-1 of the passphrase in UTF-16LE, as Windows makes it. Nothing is sent to the
        broker.
    .PARAMETER PassPhrase
        The passphrase: text, or a SecureString, which stays out of history.
    .EXAMPLE
        ConvertTo-TpmOwnerAuth (Read-Host 'Owner password' -AsSecureString)

        Makes it from a passphrase that nobody sees.
    .EXAMPLE
        '1Sample' | ConvertTo-TpmOwnerAuth

        Makes it from text.
    .INPUTS
        System.String, System.Security.SecureString
    .OUTPUTS
        System.String
    .LINK
        Set-TpmOwnerAuth
    #>
    [CmdletBinding()]
    [OutputType('System.String')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline)]
        [AllowEmptyString()]
        $PassPhrase
    )
    process {
        ConvertTo-TpmOwnerAuthText (ConvertFrom-TpmSecret $PassPhrase)
    }
}
