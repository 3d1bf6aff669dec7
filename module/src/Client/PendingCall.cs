using System;
using System.Threading;

namespace TpmTbs.Client;

/// <summary>A request that waits for its answer. The thread that reads completes it, the one that called waits.</summary>
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

    /// <summary>The connection ended; an answer that came before stays.</summary>
    internal void Fail(Exception exception)
    {
        lock (gate)
        {
            failure ??= exception;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Wakes whoever waits, who then sees that he was stopped.</summary>
    internal void Wake()
    {
        lock (gate) Monitor.PulseAll(gate);
    }

    /// <summary>Waits for the answer, for at most so long; null when the time is over.</summary>
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
