function Add-TbsCommandBlock {
    <#
    .SYNOPSIS
        Blocks commands for every caller, by the local list.
    .DESCRIPTION
        Puts commands on the local blocked list, which the broker keeps over restarts. Policy can make it ignore that
        list. For administrators; a command that is on the list already stays on it.
    .PARAMETER Command
        The command, by name or code: TPM2_GetRandom, GetRandom, 0x17B and 379 are the same.
    .PARAMETER TpmVersion
        The TPM family to which the command belongs; that of the machine's TPM unless set.
    .EXAMPLE
        Add-TbsCommandBlock TPM2_Clear

        From now on nobody can clear the TPM through the broker.
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
            Edit-TbsCommandList $PSCmdlet 'commandBlock/add' $reference @{ tpmVersion = $TpmVersion } 'Add to the local list of blocked commands'
        }
    }
}
