namespace TpmTbs;

public sealed partial class ProvisioningState
{
    /// <inheritdoc/>
    public override string ToString() => Needs.Length == 0 ? "nothing needed" : string.Join(", ", Needs);
}
