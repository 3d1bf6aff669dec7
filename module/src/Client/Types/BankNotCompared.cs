namespace TpmTbs;

public sealed partial class BankNotCompared
{
    /// <inheritdoc/>
    public override string ToString() => $"{Bank}: {Reason}";
}
