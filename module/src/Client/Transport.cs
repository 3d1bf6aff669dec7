using System;
using System.Threading;

namespace TpmTbs.Client;

/// <summary>A byte stream to the broker. One thread reads it; one thread at a time writes it.</summary>
internal abstract class Transport : IDisposable
{
    /// <summary>What <see cref="Read"/> returns when nothing has arrived in time.</summary>
    internal const int NothingArrived = -1;

    /// <summary>
    /// Whether a thread must read all the time: the transport reports only to a reader that the other end has closed, and its
    /// reads know no time limit.
    /// </summary>
    internal virtual bool NeedsReader => false;

    /// <summary>
    /// Waits for bytes and reads them. Returns 0 once either end has closed, and <see cref="NothingArrived"/> after
    /// <paramref name="milliseconds"/>; <see cref="Timeout.Infinite"/> is no limit.
    /// </summary>
    internal abstract int Read(byte[] buffer, int milliseconds);

    /// <summary>
    /// Writes all bytes. Throws <see cref="OperationCanceledException"/> when cancelled, or when the deadline has passed and the
    /// other end still does not read.
    /// </summary>
    internal abstract void Write(byte[] bytes, Deadline deadline, CancellationToken stopping);

    /// <summary>Whether the other end has closed and nothing is left to read.</summary>
    internal abstract bool PeerHasClosed { get; }

    public abstract void Dispose();
}
