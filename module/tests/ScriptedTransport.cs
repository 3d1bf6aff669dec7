using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading;
using TpmTbs.Client;

namespace TpmTbs.Tests;

/// <summary>An in-memory connection: the client reads what the test sends, and the test reads the client's requests.</summary>
internal sealed class ScriptedTransport : Transport
{
    private readonly object gate = new();
    private readonly Queue<byte[]> incoming = new();
    private readonly MessageBuffer outgoing = new();
    private bool closed;

    /// <summary>Makes each write fail with this exception.</summary>
    internal Exception? WriteFailure { get; set; }

    /// <summary>How many times the transport looks closed although it is open.</summary>
    internal int FalseAlarms { get; set; }

    internal void Send(byte[] bytes)
    {
        lock (gate)
        {
            if (bytes.Length > 0) incoming.Enqueue(bytes);
            Monitor.PulseAll(gate);
        }
    }

    internal void Close()
    {
        lock (gate)
        {
            closed = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Waits for the client's next request.</summary>
    internal JsonValue NextRequest()
    {
        lock (gate)
        {
            while (true)
            {
                if (outgoing.TakeMessage() is { } message) return JsonValue.Parse(message);
                if (!Monitor.Wait(gate, 30_000)) throw new TimeoutException("The client has sent no request.");
            }
        }
    }

    internal override int Read(byte[] buffer, int milliseconds)
    {
        lock (gate)
        {
            while (incoming.Count == 0)
            {
                if (closed) return 0;
                if (!Monitor.Wait(gate, milliseconds)) return NothingArrived;
            }
            byte[] next = incoming.Dequeue();
            int count = Math.Min(next.Length, buffer.Length);
            Buffer.BlockCopy(next, 0, buffer, 0, count);
            if (count < next.Length) throw new InvalidDataException("The test sends more than one read takes.");
            return count;
        }
    }

    internal override void Write(byte[] bytes, Deadline deadline, CancellationToken stopping)
    {
        lock (gate)
        {
            if (WriteFailure is not null) throw WriteFailure;
            if (closed) throw new IOException("closed");
            outgoing.Append(bytes, 0, bytes.Length);
            Monitor.PulseAll(gate);
        }
    }

    internal override bool PeerHasClosed
    {
        get
        {
            lock (gate) return FalseAlarms-- > 0 || (closed && incoming.Count == 0);
        }
    }

    public override void Dispose() => Close();
}
