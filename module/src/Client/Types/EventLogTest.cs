namespace TpmTbs;

public sealed partial class EventLogTest
{
    /// <inheritdoc/>
    public override string ToString() => Matches ? $"{Pcrs.Length} PCRs match the log" : "the log does not lead to what the PCRs hold";
}
