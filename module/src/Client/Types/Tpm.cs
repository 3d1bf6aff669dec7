namespace TpmTbs;

public partial class Tpm
{
    /// <inheritdoc/>
    public override string ToString() => $"{ManufacturerIdTxt} {ManufacturerVersion}, {(TpmReady ? "ready" : "not ready")}";
}
