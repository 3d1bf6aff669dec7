using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;

namespace TpmTbs.Client;

/// <summary>
/// One connection to the broker. Any thread may call. The first caller that waits reads for all of them, because an answer that
/// another thread received would cost a change of threads; when its own answer has come, the next caller reads. A thread that
/// always reads is started only for notifications, and for transports that need one.
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
    private readonly Dictionary<int, PendingCall> waiting = new();
    private readonly MessageBuffer messages = new();
    private readonly byte[] buffer = new byte[32768];
    private bool isBeingRead;
    private Exception? ended;
    private int lastId;

    /// <param name="path">Where the broker listens.</param>
    /// <param name="transport">The open transport, which the connection disposes of.</param>
    /// <param name="silenceLimit">How long the broker may stay silent during a call.</param>
    /// <param name="listens">Whether notifications arrive while nobody calls.</param>
    internal BrokerConnection(string path, Transport transport, TimeSpan silenceLimit, bool listens = false)
    {
        Path = path;
        this.transport = transport;
        this.silenceLimit = silenceLimit;
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
            End(ClosedByBroker());
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
                next = isBeingRead ? null : FirstOpenCall();
            }
            next?.Wake();
            room.Release();
        }
    }

    /// <summary>Sends a request without waiting for its answer, for instance to cancel another request.</summary>
    internal void SendOnly(string method, RpcParameters? parameters)
    {
        int id;
        lock (gate) id = NextId();
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
            int id = NextId();
            waiting[id] = call;
            return id;
        }
    }

    /// <summary>Returns the id of the next request; the caller holds <see cref="gate"/>.</summary>
    private int NextId()
    {
        // Ids wrap after 31 bits; a call still holding a low id has long since timed out.
        lastId = lastId == int.MaxValue ? 1 : lastId + 1;
        return lastId;
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

    /// <summary>Returns a call whose thread can read from now on; the caller holds <see cref="gate"/>.</summary>
    private PendingCall? FirstOpenCall()
    {
        foreach (PendingCall call in waiting.Values)
        {
            if (call.IsOpen) return call;
        }
        return null;
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
            int count = transport.Read(buffer, milliseconds);
            if (count == Transport.NothingArrived) return;
            if (count == 0) throw ClosedByBroker();
            silence.Hear(Deadline.NowMilliseconds);
            messages.Append(buffer, 0, count);
            while (messages.TakeMessage() is { } text) Deliver(JsonValue.Parse(text));
        }
        catch (Exception exception)
        {
            // Whatever arrived concerns all callers, and on a thread of its own an exception would end the whole process.
            End(exception);
        }
    }

    private bool HasEnded
    {
        get
        {
            lock (gate) return ended is not null;
        }
    }

    private static EndOfStreamException ClosedByBroker() => new("The broker closed the connection.");

    private void Deliver(JsonValue message)
    {
        if (!message.IsObject) throw new ProtocolException("The message is no object.");
        JsonValue method = message["method"];
        if (method.IsString)
        {
            Notified?.Invoke(method.AsText(), message["params"]);
            return;
        }
        JsonValue id = message["id"];
        if (!id.IsNumber) throw RefusalIn(message) ?? new ProtocolException("The message is neither an answer nor a notification.");
        PendingCall? call;
        lock (gate)
        {
            // An answer to a stopped call has no receiver any more.
            if (id.AsInt64() is not (> 0 and <= int.MaxValue and long number) || !waiting.TryGetValue((int)number, out call)) return;
        }
        call.Complete(message);
    }

    /// <summary>Reads an error without an id: the reason the broker sends before it closes the connection.</summary>
    private static Exception? RefusalIn(JsonValue message)
    {
        if (message["error"] is not { IsObject: true } error) return null;
        bool isOfTheBroker = error["data"] is { IsObject: true } data && data.TextOrNull("symbol") is not null;
        return isOfTheBroker ? TbsErrors.FromBroker(error) : new ProtocolException(error.Text("message"));
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
            calls = new PendingCall[waiting.Count];
            waiting.Values.CopyTo(calls, 0);
        }
        transport.Dispose();
        foreach (PendingCall call in calls) call.Fail(reason);
        Ended?.Invoke(reason);
    }
}
