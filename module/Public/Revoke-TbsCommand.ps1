function Revoke-TbsCommand {
    <#
    .SYNOPSIS
        Takes back what Grant-TbsCommand allowed.
    .DESCRIPTION
        Takes commands off the local additions of a class's allowed list. What the shipped list or policy allows stays
        allowed: Add-TbsCommandBlock blocks it. For administrators.
    .PARAMETER Command
        The command, by name or code: TPM2_GetRandom, GetRandom, 0x17B and 379 are the same.
    .PARAMETER Class
        The class of caller whose allowed list changes.
    .EXAMPLE
        Revoke-TbsCommand TPM2_EvictControl -Class StandardUser

        Standard users can again use what the shipped list allows only.
    .INPUTS
        System.String, or objects with a property Command, Name or Ordinal
    .OUTPUTS
        TpmTbs.CommandBlock
    .LINK
        Test-TbsCommandBlock
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType('TpmTbs.CommandBlock')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Alias('Name', 'Ordinal', 'Code')]
        [ArgumentCompleter({ & (Get-Module TpmTbs) { Complete-TbsCommand $args[0] } $args[2] })]
        [ValidateNotNullOrEmpty()]
        [string[]]$Command,

        [Parameter(Mandatory, Position = 1, ValueFromPipelineByPropertyName)]
        [ValidateSet('Administrator', 'StandardUser', 'SandboxedApp')]
        [string]$Class
    )
    process {
        foreach ($reference in $Command) {
            Edit-TbsCommandList $PSCmdlet 'commandGrant/remove' $reference @{ callerClass = ConvertTo-TbsClassKey $Class } "Take back from the class $Class"
        }
    }
}
