using System;

namespace TpmTbs.Client;

/// <summary>What somebody who waits for an answer does next.</summary>
internal enum SilenceVerdict
{
    Wait,
    Ping,
    GiveUp,
}

/// <summary>
/// Tells a broker that works for minutes from one that is gone: whoever waits asks it for a sign of life when it has been
/// silent for a third of the limit, and gives up when it has been silent for all of it. Knows no clock.
/// </summary>
internal sealed class SilenceWatch(long limitMilliseconds, long nowMilliseconds)
{
    private readonly object gate = new();
    private long heardAt = nowMilliseconds;
    private bool pinged;

    /// <summary>Something has come from the broker, whatever it was.</summary>
    internal void Hear(long now)
    {
        lock (gate)
        {
            heardAt = now;
            pinged = false;
        }
    }

    /// <summary>
    /// What to do at <paramref name="now"/> for a request sent at <paramref name="sentAt"/>: before that nobody expected
    /// anything. Says Ping once a silence, to one of those who wait.
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

    /// <summary>How long after <paramref name="now"/> the verdict may be another.</summary>
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
