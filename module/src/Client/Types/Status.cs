namespace TpmTbs;

public sealed partial class Status
{
    /// <inheritdoc/>
    public override string ToString() => $"{State}, {Tpm?.ToString() ?? "no TPM"}";
}
