namespace TpmTbs;

public sealed partial class LoggedDigest
{
    /// <inheritdoc/>
    public override string ToString() => $"{Algorithm}: {Digest}";
}
