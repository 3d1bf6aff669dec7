using System;
using System.Threading;

namespace TpmTbs.Client;

/// <summary>A request without an answer yet. The calling thread waits; the thread that reads the connection completes it.</summary>
internal sealed class PendingCall
{
    private readonly object gate = new();
    private JsonValue? message;
    private Exception? failure;
    private bool woken;

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

    /// <summary>Whether the call has neither an answer nor failed.</summary>
    internal bool IsOpen
    {
        get
        {
            lock (gate) return message is null && failure is null;
        }
    }

    /// <summary>
    /// Ends the present or the next wait, so that the thread notices a cancellation, or that nobody reads the connection.
    /// </summary>
    internal void Wake()
    {
        lock (gate)
        {
            woken = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Waits for the answer; returns null if it has not come in time, or if the thread was woken.</summary>
    internal JsonValue? Wait(int milliseconds, CancellationToken stopping)
    {
        lock (gate)
        {
            bool waits = milliseconds > 0 && message is null && failure is null && !woken && !stopping.IsCancellationRequested;
            if (waits) Monitor.Wait(gate, milliseconds);
            woken = false;
            if (message is not null) return message;
            if (failure is not null) throw new ConnectionEndedException(failure);
            stopping.ThrowIfCancellationRequested();
            return null;
        }
    }
}

/// <summary>The connection ended before the answer came.</summary>
internal sealed class ConnectionEndedException(Exception reason) : Exception(reason.Message, reason);
