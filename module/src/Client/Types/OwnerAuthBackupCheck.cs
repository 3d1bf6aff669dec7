namespace TpmTbs;

public sealed partial class OwnerAuthBackupCheck
{
    /// <inheritdoc/>
    public override string ToString() => $"{Target} at {Server}";
}
