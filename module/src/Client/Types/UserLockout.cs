namespace TpmTbs;

public sealed partial class UserLockout
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{UserName ?? UserKey}: {Failures} failures{(LockedOut ? ", locked out" : "")}{(FreesAt is { } end ? $" until {end:g}" : "")}";
}
