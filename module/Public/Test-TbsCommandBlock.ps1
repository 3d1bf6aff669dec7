function Test-TbsCommandBlock {
    <#
    .SYNOPSIS
        Tells whether a command is blocked, why, and what would unblock it.
    .DESCRIPTION
        Asks the broker for its verdict about a command: the list that decides, where that list comes from, the reason,
        and the change that would lift a block. Nothing is sent to the TPM.
    .PARAMETER Command
        The command, by name or code: TPM2_GetRandom, GetRandom, 0x17B and 379 are the same.
    .PARAMETER Class
        The class of caller to ask about; your own unless set.
    .PARAMETER TpmVersion
        The TPM family to which the command belongs; that of the machine's TPM unless set.
    .PARAMETER Handle
        Handles that the command would name, such as 0x4000000A (TPM_RH_LOCKOUT): some are kept from standard users.
    .EXAMPLE
        Test-TbsCommandBlock TPM2_Clear -Class StandardUser

        Shows why a standard user may not clear the TPM.
    .EXAMPLE
        'TPM2_GetRandom', '0x126' | Test-TbsCommandBlock | Where-Object Blocked

        Shows which of several commands are blocked for you.
    .INPUTS
        System.String, or objects with a property Command, Name or Ordinal
    .OUTPUTS
        TpmTbs.CommandVerdict
    .LINK
        Get-TbsCommandBlock
    #>
    [CmdletBinding()]
    [OutputType('TpmTbs.CommandVerdict')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Alias('Name', 'Ordinal', 'Code')]
        [ArgumentCompleter({ & (Get-Module TpmTbs) { Complete-TbsCommand $args[0] } $args[2] })]
        [ValidateNotNullOrEmpty()]
        [string[]]$Command,

        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateSet('Administrator', 'StandardUser', 'SandboxedApp')]
        [string]$Class,

        [Parameter(ValueFromPipelineByPropertyName)]
        [ValidateSet('1.2', '2.0')]
        [string]$TpmVersion,

        [ValidateCount(1, 7)]
        [uint32[]]$Handle
    )
    process {
        foreach ($reference in $Command) {
            $parameters = '{{"command":{0}}}' -f (ConvertTo-TbsJsonString -Text $reference)
            if ($Class -like '?*' -or $TpmVersion -like '?*' -or $Handle -is [array]) {
                $parameters = Get-TbsTestParameter $reference $Class $TpmVersion $Handle
            }
            $entry = Invoke-TbsRpc -Cmdlet $PSCmdlet -Method 'commandBlock/test' -Parameters $parameters -TargetObject $reference -Mode PerObject
            if ($entry -is [hashtable]) { foreach ($verdict in $entry['Verdicts']) { ConvertTo-TbsVerdict -Entry $entry -Verdict $verdict } }
        }
    }
}
