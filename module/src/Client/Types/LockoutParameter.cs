namespace TpmTbs;

public sealed partial class LockoutParameter
{
    /// <inheritdoc/>
    public override string ToString() => $"{FailedTries} failed tries{(MaxTries is null ? "" : $" of {MaxTries}")}{(LockedOut ? ", locked out" : "")}";
}
