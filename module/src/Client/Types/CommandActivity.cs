using System;

namespace TpmTbs;

public sealed partial class CommandActivity
{
    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Name}: {PerSecond:0.0}/s, {MeanMs:0.00} ms");
}
