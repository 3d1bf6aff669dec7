# Windows' physical presence operations (Win32_Tpm.SetPhysicalPresenceRequest) by number.

$script:PhysicalPresenceOperations = @{
    0  = 'None'
    1  = 'Enable'
    2  = 'Disable'
    3  = 'Activate'
    4  = 'Deactivate'
    5  = 'Clear'
    6  = 'EnableActivate'
    7  = 'DeactivateDisable'
    8  = 'SetOwnerInstallTrue'
    9  = 'SetOwnerInstallFalse'
    10 = 'EnableActivateSetOwnerInstallTrue'
    11 = 'SetOwnerInstallFalseDeactivateDisable'
    12 = 'DeferredUnownedFieldUpgrade'
    14 = 'ClearEnableActivate'
    15 = 'SetNoPPIProvisionFalse'
    16 = 'SetNoPPIProvisionTrue'
    17 = 'SetNoPPIClearFalse'
    18 = 'SetNoPPIClearTrue'
    19 = 'SetNoPPIMaintenanceFalse'
    20 = 'SetNoPPIMaintenanceTrue'
    21 = 'EnableActivateClear'
    22 = 'EnableActivateClearEnableActivate'
}
$script:ClearingOperations = 5, 14, 21, 22

# The number of an operation that is given as one or by name; ends the cmdlet where there is none.
function Resolve-TbsPhysicalPresenceOperation($Cmdlet, [string]$Operation) {
    foreach ($number in $script:PhysicalPresenceOperations.Keys) {
        if ($Operation -eq "$number" -or $Operation -eq $script:PhysicalPresenceOperations[$number]) { return $number }
    }
    $Cmdlet.ThrowTerminatingError((New-TbsErrorRecord 'TBS_E_PPI_FUNCTION_UNSUPPORTED' `
                "There is no physical presence operation '$Operation'." `
                '(Get-TpmPhysicalPresence).Operations lists them.' $Operation))
}

# What ShouldProcess says: the operation, and what is done with it.
function Show-TbsPhysicalPresenceOperation([int]$Number) {
    "$($script:PhysicalPresenceOperations[$Number]) ($Number)"
    $action = 'Request the operation for the next boot'
    if ($script:ClearingOperations -contains $Number) { $action += '. It destroys every key and secret in the TPM' }
    $action
}

function Complete-TbsPhysicalPresenceOperation([string]$Word) {
    foreach ($number in 0..22) {
        $name = $script:PhysicalPresenceOperations[$number]
        if ($name -and $name -like "$Word*") { [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', "$number $name") }
    }
}
