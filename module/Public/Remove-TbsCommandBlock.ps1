function Remove-TbsCommandBlock {
    <#
    .SYNOPSIS
        Takes commands off the local list of blocked commands.
    .DESCRIPTION
        Takes commands off the local blocked list. Another list may still block them: Test-TbsCommandBlock tells. For
        administrators; a command that is not on the list stays off it.
    .PARAMETER Command
        The command, by name or code: TPM2_GetRandom, GetRandom, 0x17B and 379 are the same.
    .PARAMETER TpmVersion
        The TPM family to which the command belongs; that of the machine's TPM unless set.
    .EXAMPLE
        Get-TbsCommandBlock -List Local | Remove-TbsCommandBlock

        Empties the local list.
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

        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateSet('1.2', '2.0')]
        [string]$TpmVersion
    )
    process {
        foreach ($reference in $Command) {
            Edit-TbsCommandList $PSCmdlet 'commandBlock/remove' $reference @{ tpmVersion = $TpmVersion } 'Remove from the local list of blocked commands'
        }
    }
}
