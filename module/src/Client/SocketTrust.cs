#if NET
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;

namespace TpmTbs.Client;

/// <summary>
/// Decides who may stand behind a socket. Nobody but root and the user who asks may be in the broker's place; where only
/// root can have made the folder, root has also chosen whom it belongs to: the broker's user.
/// </summary>
internal sealed class SocketTrust
{
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    private readonly string path;
    private readonly HashSet<uint> trusted;

    private SocketTrust(string path, HashSet<uint> trusted)
    {
        this.path = path;
        this.trusted = trusted;
    }

    /// <summary>Checks whom the folder and the socket belong to, before anything is connected.</summary>
    internal static SocketTrust Of(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        uint? folderOwner = UnixFile.OwnerOf(folder);
        uint? socketOwner = UnixFile.OwnerOf(path);
        if (folderOwner is null || socketOwner is null) throw TbsErrors.NotRunning(path, "there is no socket");
        HashSet<uint> trusted = new() { 0, UnixFile.EffectiveUser };
        if (path == BrokerAddress.SystemSocket) trusted.Add(folderOwner.Value);
        if (!trusted.Contains(folderOwner.Value)) throw TbsErrors.NotTrusted($"The folder of {path} belongs to user {folderOwner}", path);
        if (!trusted.Contains(socketOwner.Value)) throw TbsErrors.NotTrusted($"The socket {path} belongs to user {socketOwner}", path);
        return new SocketTrust(path, trusted);
    }

    /// <summary>Checks the user of the process that listens, as the kernel recorded it (unix(7), SO_PEERCRED).</summary>
    internal void RequireListener(Socket socket)
    {
        byte[] credentials = new byte[12];
        socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
        uint user = System.BitConverter.ToUInt32(credentials, 4);
        if (!trusted.Contains(user)) throw TbsErrors.NotTrusted($"The listener at {path} runs as user {user}", path);
    }
}
#endif
