using System.Text;
using TpmTbs.Client;

namespace TpmTbs;

public partial class Tpm
{
    /// <summary>The values that Windows reports for a machine without a TPM.</summary>
    internal static Tpm Absent => new(JsonValue.Parse(Encoding.UTF8.GetBytes("""
        {
          "tpmPresent": false, "tpmReady": false, "tpmEnabled": false, "tpmActivated": false, "tpmOwned": false,
          "restartPending": false, "manufacturerId": 0, "manufacturerIdTxt": "", "manufacturerVersion": "",
          "manufacturerVersionFull20": "", "managedAuthLevel": "Unknown", "ownerAuth": null, "ownerClearDisabled": false,
          "autoProvisioning": "NotDefined", "lockedOut": false, "lockoutAuthBlocked": false,
          "lockoutAuthBlockedUntil": null, "lockoutHealTime": "", "lockoutCount": 0, "lockoutMax": null, "selfTest": []
        }
        """)));

    /// <inheritdoc/>
    public override string ToString() => $"{ManufacturerIdTxt} {ManufacturerVersion}, {(TpmReady ? "ready" : "not ready")}";
}
