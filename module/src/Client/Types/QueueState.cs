namespace TpmTbs;

public sealed partial class QueueState
{
    /// <inheritdoc/>
    public override string ToString() => $"{Waiting} waiting, {Completed} done, {Refused} refused, {Cancelled} cancelled";
}
