using System;
using System.Diagnostics;

namespace TpmTbs.Client;

/// <summary>A deadline on the monotonic clock.</summary>
internal readonly struct Deadline
{
    private readonly long atMilliseconds;

    private Deadline(long atMilliseconds) => this.atMilliseconds = atMilliseconds;

    internal static Deadline In(TimeSpan time) => new(NowMilliseconds + (long)time.TotalMilliseconds);

    internal bool HasPassed => RemainingMilliseconds == 0;

    internal int RemainingMilliseconds => (int)Math.Min(Math.Max(atMilliseconds - NowMilliseconds, 0), int.MaxValue);

    internal static long NowMilliseconds => (long)(Stopwatch.GetTimestamp() * (1000.0 / Stopwatch.Frequency));
}
