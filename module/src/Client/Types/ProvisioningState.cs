namespace TpmTbs;

public sealed partial class ProvisioningState
{
    /// <summary>For people who are about to close the hierarchies; the broker's command line says the same.</summary>
    internal const string ClosingStops =
        "Programs that use the empty authorization of the storage and endorsement hierarchies stop working: clevis, systemd-cryptenroll, tpm2-pkcs11, FAPI and tpm2_createprimary fail with 0x9A2, and disks that were bound to the TPM before may not unlock at the next start.";

    /// <inheritdoc/>
    public override string ToString() => Needs.Length == 0 ? "nothing needed" : string.Join(", ", Needs);
}
