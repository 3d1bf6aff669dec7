namespace TpmTbs;

public sealed partial class StatusCaller
{
    /// <inheritdoc/>
    public override string ToString() => $"{UserKey}, {CallerClass}";
}
