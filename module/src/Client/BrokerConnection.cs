using System;
using System.IO;
using System.Threading;

namespace TpmTbs.Client;

/// <summary>
/// A connection to the broker that threads share. The first waiting caller reads for all, because receiving an answer on
/// another thread would cost a change of threads; when it has its own answer, another caller takes over. A thread that always
/// reads is started only for notifications, and for transports that need one.
/// <see cref="gate"/> guards the pending calls, who reads and the reason the connection ended; <see cref="writing"/> lets one
/// thread write at a time, so that messages do not mix.
/// </summary>
internal sealed class BrokerConnection : IDisposable
{
    /// <summary>The broker accepts 128 calls at a time from one connection; one is reserved for the ping.</summary>
    private const int MaxCalls = 127;

    private const int LastWordMilliseconds = 300;

    /// <summary>How often, and at what interval, a transport that appears closed is checked again.</summary>
    private const int MaxLooks = 30;

    private const int LookMilliseconds = 10;

    /// <summary>The longest wait of a caller that reads, so that Ctrl+C takes effect.</summary>
    private const int SliceMilliseconds = 100;

    private readonly Transport transport;
    private readonly TimeSpan silenceLimit;
    private readonly SilenceWatch silence;
    private readonly object gate = new();
    private readonly object writing = new();
    private readonly SemaphoreSlim room = new(MaxCalls);
    private readonly PendingCalls waiting = new();
    private readonly MessageReader reader;
    private bool isBeingRead;
    private Exception? ended;

    /// <param name="path">Where the broker listens.</param>
    /// <param name="transport">The open transport, which the connection disposes of.</param>
    /// <param name="silenceLimit">How long the broker may stay silent during a call.</param>
    /// <param name="listens">Whether notifications arrive while nobody calls.</param>
    internal BrokerConnection(string path, Transport transport, TimeSpan silenceLimit, bool listens = false)
    {
        Path = path;
        this.transport = transport;
        this.silenceLimit = silenceLimit;
        reader = new MessageReader(transport);
        silence = new SilenceWatch((long)silenceLimit.TotalMilliseconds, Deadline.NowMilliseconds);
        if (!listens && !transport.NeedsReader) return;
        isBeingRead = true;
        new Thread(ReadToEnd) { IsBackground = true, Name = "TpmTbs connection" }.Start();
    }

    internal string Path { get; }

    /// <summary>Receives notifications on the thread that reads, so it must not make calls.</summary>
    internal Action<string, JsonValue>? Notified { get; set; }

    /// <summary>Called once when the connection ends, on the thread that ended it.</summary>
    internal Action<Exception>? Ended { get; set; }

    /// <summary>Whether the connection has ended or the broker has closed its end.</summary>
    internal bool IsLost
    {
        get
        {
            lock (gate)
            {
                // A transport may appear closed for a moment if another thread takes the bytes between the transport's
                // two checks. If the peer has really closed, that thread ends the connection and wakes this one.
                for (int looks = 0; ended is null && looks < MaxLooks; looks++)
                {
                    if (!transport.PeerHasClosed) return false;
                    if (!isBeingRead) break;
                    Monitor.Wait(gate, LookMilliseconds);
                }
            }
            End(MessageReader.ClosedByBroker());
            return true;
        }
    }

    internal bool IsIdle
    {
        get
        {
            lock (gate) return waiting.Count == 0;
        }
    }

    /// <summary>Calls a method and returns its result.</summary>
    /// <exception cref="TbsException">The broker answered with an error, or stayed silent too long.</exception>
    /// <exception cref="ConnectionEndedException">The connection ended during the call.</exception>
    /// <exception cref="OperationCanceledException">The caller was stopped, or the deadline has passed.</exception>
    internal JsonValue Call(string method, RpcParameters? parameters, Deadline? deadline, CancellationToken stopping)
    {
        WaitForRoom(deadline, stopping);
        PendingCall call = new();
        int id = 0;
        try
        {
            id = Register(call);
            using CancellationTokenRegistration wake = stopping.Register(static state => ((PendingCall)state!).Wake(), call);
            Send(RpcRequest.Write(id, method, parameters), stopping);
            JsonValue answer = WaitForAnswer(call, deadline, stopping);
            JsonValue error = answer["error"];
            return error.IsNull ? answer["result"] : throw TbsErrors.FromBroker(error);
        }
        finally
        {
            PendingCall? next;
            lock (gate)
            {
                waiting.Remove(id);
                next = isBeingRead ? null : waiting.FirstOpen();
            }
            next?.Wake();
            room.Release();
        }
    }

    /// <summary>Sends a request without waiting for its answer, for instance to cancel another request.</summary>
    internal void SendOnly(string method, RpcParameters? parameters)
    {
        int id;
        lock (gate) id = waiting.NextId();
        try
        {
            Send(RpcRequest.Write(id, method, parameters), CancellationToken.None);
        }
        catch (Exception exception) when (exception is ConnectionEndedException or TbsException)
        {
            // When a connection ends, the broker cancels its requests anyway.
        }
    }

    public void Dispose() => End(new EndOfStreamException("The connection was closed."));

    private void WaitForRoom(Deadline? deadline, CancellationToken stopping)
    {
        while (!room.Wait(100, stopping))
        {
            if (deadline is { HasPassed: true }) throw new OperationCanceledException();
            if (IsLost) throw new ConnectionEndedException(new EndOfStreamException("The connection has ended."));
        }
    }

    private int Register(PendingCall call)
    {
        lock (gate)
        {
            if (ended is not null) throw new ConnectionEndedException(ended);
            return waiting.Add(call);
        }
    }

    /// <summary>Sends a message. A partially written message makes the connection unusable, so it is closed.</summary>
    private void Send(byte[] message, CancellationToken stopping)
    {
        lock (writing)
        {
            try
            {
                transport.Write(message, Deadline.In(silenceLimit), stopping);
            }
            catch (IOException exception)
            {
                throw new ConnectionEndedException(EndWithLastWord(exception));
            }
            catch (OperationCanceledException exception)
            {
                End(exception);
                stopping.ThrowIfCancellationRequested();
                throw TbsErrors.NoSignOfLife(Path);
            }
        }
    }

    private JsonValue WaitForAnswer(PendingCall call, Deadline? deadline, CancellationToken stopping)
    {
        long sentAt = Deadline.NowMilliseconds;
        bool reads = false;
        try
        {
            while (true)
            {
                int patience = silence.NextLookMilliseconds(Deadline.NowMilliseconds, sentAt);
                if (deadline is { } limit) patience = Math.Min(patience, limit.RemainingMilliseconds);
                reads = reads || TryStartReading();
                JsonValue? answer = reads ? ReadUntilAnswer(call, patience, stopping) : call.Wait(patience, stopping);
                if (answer is not null) return answer;
                if (deadline is { HasPassed: true }) throw new OperationCanceledException();
                switch (silence.Judge(Deadline.NowMilliseconds, sentAt))
                {
                    case SilenceVerdict.Ping:
                        SendOnly("connection/ping", null);
                        break;
                    case SilenceVerdict.GiveUp:
                        TbsException exception = TbsErrors.NoSignOfLife(Path);
                        End(exception);
                        throw exception;
                    case SilenceVerdict.Wait:
                        break;
                }
            }
        }
        finally
        {
            if (reads) StopReading();
        }
    }

    /// <summary>Reads once for all callers, unless the answer is already there.</summary>
    private JsonValue? ReadUntilAnswer(PendingCall call, int patience, CancellationToken stopping)
    {
        if (call.Wait(0, stopping) is { } earlier) return earlier;
        ReadOnce(Math.Min(patience, SliceMilliseconds));
        return call.Wait(0, stopping);
    }

    private bool TryStartReading()
    {
        lock (gate)
        {
            if (isBeingRead || ended is not null) return false;
            return isBeingRead = true;
        }
    }

    private void StopReading()
    {
        lock (gate) isBeingRead = false;
    }

    private void ReadToEnd()
    {
        while (!HasEnded) ReadOnce(Timeout.Infinite);
    }

    /// <summary>
    /// Waits for bytes, and delivers the messages that are complete. Only the thread that set <see cref="isBeingRead"/> reads.
    /// </summary>
    private void ReadOnce(int milliseconds)
    {
        try
        {
            if (!reader.Receive(milliseconds)) return;
            silence.Hear(Deadline.NowMilliseconds);
            reader.Deliver(Complete, (method, parameters) => Notified?.Invoke(method, parameters));
        }
        catch (Exception exception)
        {
            // Whatever arrived concerns all callers, and on a thread of its own an exception would end the whole process.
            End(exception);
        }
    }

    private void Complete(long id, JsonValue message)
    {
        PendingCall? call;
        // Nobody waits for the answer to a stopped call.
        lock (gate) call = waiting.Find(id);
        call?.Complete(message);
    }

    private bool HasEnded
    {
        get
        {
            lock (gate) return ended is not null;
        }
    }

    /// <summary>
    /// Ends a connection that the broker has closed. A refusing broker sends its reason before closing, so receive it first, or
    /// wait briefly until the thread that reads has received it.
    /// </summary>
    private Exception EndWithLastWord(IOException reason)
    {
        Deadline limit = Deadline.In(TimeSpan.FromMilliseconds(LastWordMilliseconds));
        if (TryStartReading())
        {
            while (!HasEnded && !limit.HasPassed) ReadOnce(limit.RemainingMilliseconds);
            StopReading();
        }
        lock (gate)
        {
            if (ended is null && isBeingRead) Monitor.Wait(gate, limit.RemainingMilliseconds);
        }
        End(reason);
        return ended!;
    }

    private void End(Exception reason)
    {
        PendingCall[] calls;
        lock (gate)
        {
            if (ended is not null) return;
            ended = reason;
            Monitor.PulseAll(gate);
            calls = waiting.All;
        }
        transport.Dispose();
        foreach (PendingCall call in calls) call.Fail(reason);
        Ended?.Invoke(reason);
    }
}
