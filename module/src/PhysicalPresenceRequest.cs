using System;
using System.Globalization;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>Windows' physical presence operations (Win32_Tpm.SetPhysicalPresenceRequest), by number and name.</summary>
internal sealed class PhysicalPresenceRequest
{
    internal static readonly PhysicalPresenceRequest[] All =
    {
        new(0, "None"),
        new(1, "Enable"),
        new(2, "Disable"),
        new(3, "Activate"),
        new(4, "Deactivate"),
        new(5, "Clear", true),
        new(6, "EnableActivate"),
        new(7, "DeactivateDisable"),
        new(8, "SetOwnerInstallTrue"),
        new(9, "SetOwnerInstallFalse"),
        new(10, "EnableActivateSetOwnerInstallTrue"),
        new(11, "SetOwnerInstallFalseDeactivateDisable"),
        new(12, "DeferredUnownedFieldUpgrade"),
        new(14, "ClearEnableActivate", true),
        new(15, "SetNoPPIProvisionFalse"),
        new(16, "SetNoPPIProvisionTrue"),
        new(17, "SetNoPPIClearFalse"),
        new(18, "SetNoPPIClearTrue"),
        new(19, "SetNoPPIMaintenanceFalse"),
        new(20, "SetNoPPIMaintenanceTrue"),
        new(21, "EnableActivateClear", true),
        new(22, "EnableActivateClearEnableActivate", true),
    };

    private readonly bool clears;

    private PhysicalPresenceRequest(int number, string name, bool clears = false)
    {
        Number = number;
        Name = name;
        this.clears = clears;
    }

    internal int Number { get; }

    internal string Name { get; }

    /// <summary>The confirmation prompt for the operation.</summary>
    internal string Action => "Request the operation for the next boot" + (clears ? ". It destroys every key and secret in the TPM" : "");

    /// <exception cref="TbsException">There is no such operation.</exception>
    internal static PhysicalPresenceRequest Of(string given)
    {
        foreach (PhysicalPresenceRequest one in All)
        {
            if (string.Equals(given, one.Number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)) return one;
            if (string.Equals(given, one.Name, StringComparison.OrdinalIgnoreCase)) return one;
        }
        throw new TbsException("TBS_E_PPI_FUNCTION_UNSUPPORTED", $"There is no physical presence operation '{given}'.",
            "(Get-TpmPhysicalPresence).Operations lists them.") { TargetObject = given };
    }
}
