using System;
using System.Threading;

namespace TpmTbs.Client;

/// <summary>A byte stream to the broker that one thread reads and others, one at a time, write.</summary>
internal abstract class Transport : IDisposable
{
    /// <summary>Waits for bytes and reads them. Returns 0 when the other end has closed, or this one has.</summary>
    internal abstract int Read(byte[] buffer);

    /// <summary>
    /// Writes all bytes. Gives up with <see cref="OperationCanceledException"/> when it is cancelled, or when the deadline has
    /// passed and the other end still takes nothing.
    /// </summary>
    internal abstract void Write(byte[] bytes, Deadline deadline, CancellationToken stopping);

    /// <summary>Whether the other end has closed and nothing is left to be read.</summary>
    internal abstract bool PeerHasClosed { get; }

    public abstract void Dispose();
}
