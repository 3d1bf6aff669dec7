using System;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using TpmTbs.Client;

namespace TpmTbs.Tests;

/// <summary>A Unix socket for both frameworks: Mono has Unix sockets, but .NET Framework no address class for them.</summary>
internal sealed class TestSocketTransport : Transport
{
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    internal TestSocketTransport(string path) => socket.Connect(new UnixAddress(path));

    internal override int Read(byte[] buffer, int milliseconds)
    {
        try
        {
            if (!socket.Poll(milliseconds == Timeout.Infinite ? -1 : milliseconds * 1000, SelectMode.SelectRead)) return NothingArrived;
            return socket.Receive(buffer);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return 0;
        }
    }

    internal override void Write(byte[] bytes, Deadline deadline, CancellationToken stopping)
    {
        try
        {
            for (int sent = 0; sent < bytes.Length;) sent += socket.Send(bytes, sent, bytes.Length - sent, SocketFlags.None);
        }
        catch (SocketException exception)
        {
            throw new IOException(exception.Message, exception);
        }
    }

    internal override bool PeerHasClosed => false;

    public override void Dispose()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The other end has already closed.
        }
        socket.Dispose();
    }

    /// <summary>sockaddr_un: the address family and the path, with a terminating zero byte.</summary>
    private sealed class UnixAddress(string path) : EndPoint
    {
        public override AddressFamily AddressFamily => AddressFamily.Unix;

        public override SocketAddress Serialize()
        {
            byte[] name = Encoding.UTF8.GetBytes(path);
            SocketAddress address = new(AddressFamily.Unix, 2 + name.Length + 1);
            for (int at = 0; at < name.Length; at++) address[2 + at] = name[at];
            return address;
        }

        public override EndPoint Create(SocketAddress socketAddress) => this;
    }
}
