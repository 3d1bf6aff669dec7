#if NET
using System;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using TpmTbs.Client;

namespace TpmTbs.Tests;

/// <summary>Listens on a Unix socket and answers each request with the name of its method.</summary>
internal sealed class ListeningPeer : IDisposable
{
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource ending = new();
    private readonly ConcurrentBag<Socket> clients = new();
    private int connections;

    internal ListeningPeer(string path)
    {
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        _ = AcceptAsync();
    }

    /// <summary>Closes the first connection when its first request arrives.</summary>
    internal bool DropsFirstConnection { get; init; }

    internal bool IsSilent { get; init; }

    internal int Connections => Volatile.Read(ref connections);

    public void Dispose()
    {
        ending.Cancel();
        listener.Dispose();
        // Close all connections before the test continues, as if the process had ended.
        foreach (Socket client in clients) client.Dispose();
        ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await listener.AcceptAsync(ending.Token);
                clients.Add(client);
                _ = ServeAsync(client, Interlocked.Increment(ref connections) == 1 && DropsFirstConnection);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }

    private async Task ServeAsync(Socket client, bool drops)
    {
        using (client)
        {
            MessageBuffer requests = new();
            byte[] buffer = new byte[4096];
            try
            {
                while (await client.ReceiveAsync(buffer, SocketFlags.None, ending.Token) is > 0 and int count)
                {
                    requests.Append(buffer, 0, count);
                    while (requests.TakeMessage() is { } message)
                    {
                        if (drops) return;
                        if (IsSilent) continue;
                        JsonValue request = JsonValue.Parse(message);
                        await client.SendAsync(Messages.Result(request.Int32("id"), $"\"{request.Text("method")}\""), ending.Token);
                    }
                }
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The client or the test has ended.
            }
        }
    }
}

/// <summary>Changes the owner of a file, which .NET cannot.</summary>
internal static class UnixOwner
{
    internal static int Change(string path, int user) => chown(Encoding.UTF8.GetBytes(path + "\0"), user, -1);

#pragma warning disable IDE1006, CA5392, SYSLIB1054 // The C library defines the name, and the loader finds the library.
    [DllImport("libc")]
    private static extern int chown(byte[] path, int user, int group);
#pragma warning restore IDE1006, CA5392, SYSLIB1054
}
#endif
