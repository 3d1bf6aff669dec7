using System;
using System.Text;
using System.Threading;
#if NET
using System.Net.Sockets;
#endif

namespace TpmTbs.Client;

/// <summary>
/// Runs the code of a call once, without a broker. The runtime prepares each method at its first use; here it does so on another
/// thread while PowerShell is still importing the module, so that the first cmdlet need not wait for it.
/// </summary>
internal static class FirstCall
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>Starts to prepare, and returns at once.</summary>
    internal static void PrepareInBackground() => ThreadPool.QueueUserWorkItem(static _ => Prepare());

    /// <summary>Returns whether it has run all of it. Never throws: the first call reports what is wrong.</summary>
    internal static bool Prepare()
    {
        try
        {
#if NET
            if (!BrokerAddress.IsWindows)
            {
                _ = UnixFile.OwnerOf("/");
                new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified).Dispose();
            }
#endif
            using BrokerConnection connection = new("", new AnsweringTransport(), Limit);
            RpcParameters parameters = new() { ["name"] = "x", ["count"] = 1, ["deep"] = null };
            JsonValue result = connection.Call("connection/ping", parameters, Deadline.In(Limit), CancellationToken.None);
            _ = result.Time("time");
            return result.List("list", static one => one.AsInt64()).Length == 1;
        }
        catch (Exception)
        {
            return false;
        }
    }

    /// <summary>A transport that answers the first request of a connection, and waits until the connection closes it.</summary>
    private sealed class AnsweringTransport : Transport
    {
        private static readonly byte[] Answer = RpcRequest.WithHeader(Encoding.ASCII.GetBytes(
            """{"jsonrpc":"2.0","id":1,"result":{"time":"2000-01-01T00:00:00.000Z","list":[0],"flag":true}}"""));

        private readonly SemaphoreSlim turns = new(0);
        private bool hasAnswered;

        internal override bool PeerHasClosed => false;

        internal override void Write(byte[] bytes, Deadline deadline, CancellationToken stopping) => turns.Release();

        internal override int Read(byte[] buffer)
        {
            turns.Wait(Limit);
            if (hasAnswered) return 0;
            hasAnswered = true;
            Answer.CopyTo(buffer, 0);
            return Answer.Length;
        }

        public override void Dispose() => turns.Release();
    }
}
