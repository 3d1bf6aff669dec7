#if NET
using System;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Threading;

namespace TpmTbs.Client;

/// <summary>A Unix stream socket. Connects only to a listener that <see cref="SocketTrust"/> accepts.</summary>
internal sealed class UnixSocketTransport : Transport
{
    /// <summary>The longest path that fits into a socket address.</summary>
    private const int MaxPathBytes = 107;

    /// <summary>The longest wait of one system call, so that Ctrl+C takes effect.</summary>
    private const int SliceMilliseconds = 100;

    /// <summary>
    /// A writable socket has room for at least three quarters of its buffer (unix(7), at least 4 KiB here), so a piece of this
    /// size is written without blocking.
    /// </summary>
    private const int PieceBytes = 2048;

    private readonly Socket socket;

    private UnixSocketTransport(Socket socket) => this.socket = socket;

    /// <exception cref="TbsException">Nothing listens there, or the listener is not trusted.</exception>
    internal static UnixSocketTransport Connect(string path, Deadline deadline, CancellationToken stopping)
    {
        if (Encoding.UTF8.GetByteCount(path) > MaxPathBytes) throw TbsErrors.SocketPathTooLong(path);
        SocketTrust trust = SocketTrust.Of(path);
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { SendTimeout = SliceMilliseconds };
        try
        {
            ConnectWithin(socket, path, deadline, stopping);
            trust.RequireListener(socket);
            return new UnixSocketTransport(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects within the deadline; connect blocks if the listener hangs and its queue is full.</summary>
    private static void ConnectWithin(Socket socket, string path, Deadline deadline, CancellationToken stopping)
    {
        UnixDomainSocketEndPoint address = new(path);
        while (true)
        {
            try
            {
                socket.Connect(address);
                return;
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.TimedOut)
            {
                stopping.ThrowIfCancellationRequested();
                if (deadline.HasPassed) throw TbsErrors.NoSignOfLife(path);
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AccessDenied)
            {
                throw TbsErrors.SocketNotAccessible(path);
            }
            catch (SocketException exception)
            {
                throw TbsErrors.NotRunning(path, File.Exists(path) ? "nothing listens at its socket" : "there is no socket", exception);
            }
        }
    }

    internal override int Read(byte[] buffer, int milliseconds)
    {
        try
        {
            if (!socket.Poll(milliseconds == Timeout.Infinite ? -1 : milliseconds * 1000, SelectMode.SelectRead)) return NothingArrived;
            return socket.Receive(buffer);
        }
        catch (ObjectDisposedException)
        {
            return 0;
        }
        catch (SocketException exception)
        {
            throw new IOException(exception.Message, exception);
        }
    }

    internal override void Write(byte[] bytes, Deadline deadline, CancellationToken stopping)
    {
        int sent = 0;
        while (sent < bytes.Length)
        {
            stopping.ThrowIfCancellationRequested();
            try
            {
                // Nearly all messages are short and are sent immediately: an idle connection has room for them.
                if (bytes.Length > PieceBytes && !socket.Poll(SliceMilliseconds * 1000, SelectMode.SelectWrite))
                {
                    if (deadline.HasPassed) throw new OperationCanceledException();
                    continue;
                }
                sent += socket.Send(bytes, sent, Math.Min(bytes.Length - sent, PieceBytes), SocketFlags.None);
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.TimedOut)
            {
                if (deadline.HasPassed) throw new OperationCanceledException();
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                throw new IOException(exception.Message, exception);
            }
        }
    }

    internal override bool PeerHasClosed
    {
        get
        {
            try
            {
                return socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return true;
            }
        }
    }

    public override void Dispose()
    {
        try
        {
            // Wakes the reader thread.
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The other end has already closed.
        }
        socket.Dispose();
    }
}
#endif
