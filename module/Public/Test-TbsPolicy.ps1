function Test-TbsPolicy {
    <#
    .SYNOPSIS
        Tells whether the policy in force is as desired.
    .DESCRIPTION
        Compares what is in force, from whatever source, with the desired settings and gives one object: Compliant, and
        the differences. Sets $LASTEXITCODE to 0 when compliant and to 1 when not; with -Exit the session ends with that
        code, for use in scheduled jobs: pwsh -Command "Import-Module TpmTbs; Test-TbsPolicy desired.json -Exit".
        Changes nothing.
    .PARAMETER Path
        A JSON file of desired settings, in the form of Export-TbsPolicy.
    .PARAMETER Setting
        The desired settings as a hashtable of names and values.
    .PARAMETER Exit
        Ends the session with exit code 0 when compliant and 1 when not.
    .EXAMPLE
        Test-TbsPolicy -Path desired.json

        Tells whether the machine is compliant and what differs.
    .EXAMPLE
        if (-not (Test-TbsPolicy -Setting @{ blockedCommandsEnabled = $true }).Compliant) { 'Blocking is off.' }

        Uses the answer in a script.
    .INPUTS
        Objects with a property Path or FullName
    .OUTPUTS
        TpmTbs.PolicyCompliance
    .LINK
        Set-TbsPolicy
    #>
    [CmdletBinding(DefaultParameterSetName = 'Path')]
    [OutputType('TpmTbs.PolicyCompliance')]
    param(
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'Path', ValueFromPipelineByPropertyName)]
        [Alias('FullName')]
        [ValidateNotNullOrEmpty()]
        [string]$Path,

        [Parameter(Mandatory, ParameterSetName = 'Setting')]
        [hashtable]$Setting,

        [switch]$Exit
    )
    begin { $exitCode = 0 }
    process {
        $desired = $Setting
        if ($PSCmdlet.ParameterSetName -eq 'Path') {
            $desired = Read-TbsPolicyFile $PSCmdlet $Path
            if ($desired -is [System.Management.Automation.ErrorRecord]) {
                $exitCode = 1
                $PSCmdlet.WriteError($desired)
                return
            }
        }
        $compliance = Invoke-TbsRpc $PSCmdlet 'policy/test' @{ settings = $desired } $Path PerObject
        if (-not $compliance.Compliant) { $exitCode = 1 }
        if ($compliance) {
            $compliance.PSObject.Properties.Add([psnoteproperty]::new('Path', $Path))
            $compliance
        }
    }
    end {
        $global:LASTEXITCODE = $exitCode
        if ($Exit) { exit $exitCode }
    }
}
