namespace TpmTbs;

public sealed partial class ProvisioningState
{
    /// <summary>A warning before closing the hierarchies. It must match the text of `tbs`; a test compares them.</summary>
    internal const string ClosingStops =
        "Programs that use the empty authorization of the storage and endorsement hierarchies stop working: clevis, systemd-cryptenroll, tpm2-pkcs11, FAPI and tpm2_createprimary fail with 0x9A2, and disks that were bound to the TPM before may not unlock at the next start.";

    /// <inheritdoc/>
    public override string ToString() => Needs.Length == 0 ? "nothing needed" : string.Join(", ", Needs);
}
