namespace TpmTbs;

public sealed partial class TpmLockout
{
    /// <inheritdoc/>
    public override string ToString() => $"{FailedTries} of {MaxTries} failed tries{(LockedOut ? ", locked out" : "")}";
}
