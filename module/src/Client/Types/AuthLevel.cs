namespace TpmTbs;

public sealed partial class AuthLevel
{
    /// <inheritdoc/>
    public override string ToString() => $"{LevelName} ({Level}), from {Source}";
}
