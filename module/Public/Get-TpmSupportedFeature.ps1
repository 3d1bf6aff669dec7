function Get-TpmSupportedFeature {
    <#
    .SYNOPSIS
        Tells which of the named features the TPM supports.
    .DESCRIPTION
        Gives those of the named features that this TPM supports; all that it supports when none is named. Known: key
        attestation.
    .PARAMETER FeatureList
        Names of features.
    .EXAMPLE
        Get-TpmSupportedFeature -FeatureList 'key attestation'

        Gives the name back when the TPM supports it.
    .EXAMPLE
        Get-TpmSupportedFeature

        Gives all.
    .INPUTS
        System.String[]
    .OUTPUTS
        System.String
    .LINK
        Get-Tpm
    #>
    [CmdletBinding()]
    [OutputType('System.String')]
    param(
        [Parameter(Position = 0, ValueFromPipeline)]
        [ArgumentCompleter({ "'key attestation'" })]
        [string[]]$FeatureList
    )
    process {
        (Invoke-TbsRpc $PSCmdlet 'tpm/supportedFeatures' @{ features = @(if ($FeatureList) { $FeatureList }) }).Features
    }
}
