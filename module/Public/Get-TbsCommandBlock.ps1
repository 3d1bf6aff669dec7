function Get-TbsCommandBlock {
    <#
    .SYNOPSIS
        Shows the commands of the TPM and who may send them.
    .DESCRIPTION
        Gives every command that the broker knows, with its verdict for administrators, standard users and sandboxed
        apps. The Verdicts property of each tells the deciding list, its source, the reason and what would lift a block.
    .PARAMETER Name
        Only commands whose name matches; wildcards are allowed. A code such as 0x17B or 379 is accepted too.
    .PARAMETER Ordinal
        Only the commands with these codes (TPM 1.2 ordinals or TPM 2.0 command codes).
    .PARAMETER Blocked
        Only commands that are blocked: for the class of -Class, or for any class.
    .PARAMETER List
        Only commands about which this list decides: Policy, Default, Local, Allowed, Granted, HandleRule, or NotAllowed
        for those on no allowed list.
    .PARAMETER Class
        The class of caller to which -Blocked and -List refer.
    .PARAMETER TpmVersion
        The TPM family whose commands to show; that of the machine's TPM unless set.
    .EXAMPLE
        Get-TbsCommandBlock -Blocked -Class StandardUser

        Shows what a standard user may not send.
    .EXAMPLE
        Get-TbsCommandBlock TPM2_Clear | Select-Object -ExpandProperty Verdicts

        Shows why, for each class of caller.
    .INPUTS
        None
    .OUTPUTS
        TpmTbs.CommandBlock
    .LINK
        Test-TbsCommandBlock
    #>
    [CmdletBinding()]
    [OutputType('TpmTbs.CommandBlock')]
    param(
        [Parameter(Position = 0)]
        [ArgumentCompleter({ & (Get-Module TpmTbs) { Complete-TbsCommand $args[0] } $args[2] })]
        [string[]]$Name,

        [ArgumentCompleter({ & (Get-Module TpmTbs) { Complete-TbsCommand $args[0] } $args[2] })]
        [uint32[]]$Ordinal,

        [switch]$Blocked,

        [ValidateSet('Policy', 'Default', 'Local', 'Allowed', 'Granted', 'HandleRule', 'NotAllowed')]
        [string]$List,

        [ValidateSet('Administrator', 'StandardUser', 'SandboxedApp')]
        [string]$Class,

        [ValidateSet('1.2', '2.0')]
        [string]$TpmVersion
    )
    $parameters = $null
    if ($TpmVersion) { $parameters = @{ tpmVersion = $TpmVersion } }
    $found = @{}
    foreach ($entry in (Invoke-TbsRpc $PSCmdlet 'commandBlock/list' $parameters).Commands) {
        if ($Ordinal -and $Ordinal -notcontains $entry.Code) { continue }
        if ($Name) {
            $matching = foreach ($pattern in $Name) { if (Test-TbsCommandName $entry $pattern) { $pattern } }
            if (-not $matching) { continue }
            foreach ($pattern in $matching) { $found[$pattern] = 1 }
        }
        if ($Ordinal) { $found[[string]$entry.Code] = 1 }
        if ($Blocked -or $List) {
            $decided = foreach ($verdict in $entry.Verdicts) {
                if ($Class -and $verdict.CallerClass -ne $Class) { continue }
                if ($Blocked -and $verdict.Allowed) { continue }
                if ($List -and $verdict.DecidingList -ne $List) { continue }
                $verdict
            }
            if (-not $decided) { continue }
        }
        ConvertTo-TbsCommandBlock $entry
    }
    foreach ($wanted in @($Name) + @($Ordinal)) {
        if ($null -eq $wanted -or $found["$wanted"] -or [System.Management.Automation.WildcardPattern]::ContainsWildcardCharacters("$wanted")) { continue }
        $PSCmdlet.WriteError((New-TbsErrorRecord 'TBS_E_BAD_PARAMETER' "There is no command '$wanted' on the broker's lists." `
                    'Get-TbsCommandBlock without parameters shows those that there are; -TpmVersion chooses the TPM family.' $wanted))
    }
}
