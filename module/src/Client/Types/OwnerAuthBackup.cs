namespace TpmTbs;

public sealed partial class OwnerAuthBackup
{
    /// <inheritdoc/>
    public override string ToString() => $"{Mode}{(Pending ? ", pending" : "")}";
}
