using System;
using System.Threading;

namespace TpmTbs.Client;

/// <summary>A request without an answer yet. The calling thread waits; the reader thread completes the request.</summary>
internal sealed class PendingCall
{
    private readonly object gate = new();
    private JsonValue? message;
    private Exception? failure;

    internal void Complete(JsonValue answer)
    {
        lock (gate)
        {
            message ??= answer;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Records that the connection ended. An answer that has already arrived remains valid.</summary>
    internal void Fail(Exception exception)
    {
        lock (gate)
        {
            failure ??= exception;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Wakes the waiting thread so that it notices the cancellation.</summary>
    internal void Wake()
    {
        lock (gate) Monitor.PulseAll(gate);
    }

    /// <summary>Waits for the answer; returns null on timeout.</summary>
    internal JsonValue? Wait(int milliseconds, CancellationToken stopping)
    {
        lock (gate)
        {
            if (message is null && failure is null && !stopping.IsCancellationRequested) Monitor.Wait(gate, milliseconds);
            if (message is not null) return message;
            if (failure is not null) throw new ConnectionEndedException(failure);
            stopping.ThrowIfCancellationRequested();
            return null;
        }
    }
}

/// <summary>The connection ended before the answer came.</summary>
internal sealed class ConnectionEndedException(Exception reason) : Exception(reason.Message, reason);
