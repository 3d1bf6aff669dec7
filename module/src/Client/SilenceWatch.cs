using System;

namespace TpmTbs.Client;

/// <summary>What a caller that waits for an answer does next.</summary>
internal enum SilenceVerdict
{
    Wait,
    Ping,
    GiveUp,
}

/// <summary>
/// Distinguishes a broker that is busy for minutes from one that hangs: after a third of the limit in silence a waiting caller
/// pings the broker, and at the limit it gives up. Callers supply the current time.
/// </summary>
internal sealed class SilenceWatch(long limitMilliseconds, long nowMilliseconds)
{
    private readonly object gate = new();
    private long heardAt = nowMilliseconds;
    private bool pinged;

    /// <summary>Records that data arrived from the broker, whatever it was.</summary>
    internal void Hear(long now)
    {
        lock (gate)
        {
            heardAt = now;
            pinged = false;
        }
    }

    /// <summary>
    /// Decides what to do at <paramref name="now"/> for a request sent at <paramref name="sentAt"/>; silence before the request
    /// does not count. Returns Ping once per silence, to one of the waiting callers.
    /// </summary>
    internal SilenceVerdict Judge(long now, long sentAt)
    {
        lock (gate)
        {
            long silence = now - Math.Max(heardAt, sentAt);
            if (silence >= limitMilliseconds) return SilenceVerdict.GiveUp;
            if (silence < limitMilliseconds / 3 || pinged) return SilenceVerdict.Wait;
            pinged = true;
            return SilenceVerdict.Ping;
        }
    }

    /// <summary>Returns the time from <paramref name="now"/> until the verdict may change.</summary>
    internal int NextLookMilliseconds(long now, long sentAt)
    {
        lock (gate)
        {
            long since = Math.Max(heardAt, sentAt);
            long next = pinged ? since + limitMilliseconds : since + limitMilliseconds / 3;
            return (int)Math.Min(Math.Max(next - now, 1), int.MaxValue);
        }
    }
}
