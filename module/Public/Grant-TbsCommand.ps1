function Grant-TbsCommand {
    <#
    .SYNOPSIS
        Allows a class of callers a command of TPM 2.0.
    .DESCRIPTION
        Adds commands to the local additions of a class's allowed list. On TPM 2.0 a class may send only what its allowed
        list names. Blocked lists still win. For administrators.
    .PARAMETER Command
        The command, by name or code: TPM2_GetRandom, GetRandom, 0x17B and 379 are the same.
    .PARAMETER Class
        The class of caller whose allowed list changes.
    .EXAMPLE
        Grant-TbsCommand TPM2_EvictControl -Class StandardUser

        Lets standard users make objects persistent.
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
            Edit-TbsCommandList $PSCmdlet 'commandGrant/add' $reference @{ callerClass = ConvertTo-TbsClassKey $Class } "Allow to the class $Class"
        }
    }
}
