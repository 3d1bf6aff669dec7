namespace TpmTbs;

public sealed partial class UserLockout
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{UserKey}{(UserName is null ? "" : $" ({UserName})")}: {Failures} failures{(LockedOut ? $", locked out until {FreesAt}" : "")}";
}
