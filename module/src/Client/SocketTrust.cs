#if NET
using System;
using System.Globalization;
using System.IO;
using System.Net.Sockets;

namespace TpmTbs.Client;

/// <summary>
/// Decides which users may run the broker behind a socket: root, the current user, and the user in $TPMTBS_BROKER_UID. If only
/// root can have created the system's folder, its owner is trusted too: root chose that owner as the broker's user.
/// </summary>
internal sealed class SocketTrust
{
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    private readonly string path;
    /// <summary>Their user ids; null if there are none. An array, because its code is precompiled, unlike that of a
    /// set.</summary>
    private readonly uint?[] trusted;

    private SocketTrust(string path, uint?[] trusted)
    {
        this.path = path;
        this.trusted = trusted;
    }

    /// <summary>Checks the owners of the folder and the socket before connecting.</summary>
    internal static SocketTrust Of(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        if (UnixFile.OwnerOf(folder) is not uint folderOwner || UnixFile.OwnerOf(path) is not uint socketOwner)
        {
            throw TbsErrors.NotRunning(path, "there is no socket");
        }
        bool isSystems = path == BrokerAddress.SystemSocket && OnlyRootMakesFoldersIn("/run");
        SocketTrust trust = new(path, [0, UnixFile.EffectiveUser, isSystems ? folderOwner : null, NamedBrokerUser]);
        if (!trust.Includes(folderOwner)) throw TbsErrors.NotTrusted($"The folder of {path} belongs to user {folderOwner}", path);
        if (!trust.Includes(socketOwner)) throw TbsErrors.NotTrusted($"The socket {path} belongs to user {socketOwner}", path);
        return trust;
    }

    private bool Includes(uint user)
    {
        foreach (uint? each in trusted)
        {
            if (each == user) return true;
        }
        return false;
    }

    /// <summary>Whether only root, or in a container whoever set it up, can create folders in the parent.</summary>
    private static bool OnlyRootMakesFoldersIn(string parent) =>
        !OperatingSystem.IsWindows() && (File.GetUnixFileMode(parent) & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) == 0;

    /// <summary>Another user who may run the broker. In a rootless container, 65534 stands for every user of the host.</summary>
    private static uint? NamedBrokerUser
    {
        get
        {
            string? text = Environment.GetEnvironmentVariable("TPMTBS_BROKER_UID");
            if (string.IsNullOrEmpty(text)) return null;
            if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint uid) && uid != uint.MaxValue) return uid;
            throw TbsErrors.BadParameter("TPMTBS_BROKER_UID must be the number of a user.", "Set or unset it.", text);
        }
    }

    /// <summary>Checks the user of the listening process, as the kernel recorded it (unix(7), SO_PEERCRED).</summary>
    internal void RequireListener(Socket socket)
    {
        byte[] credentials = new byte[12];
        socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
        uint user = BitConverter.ToUInt32(credentials, 4);
        if (!Includes(user)) throw TbsErrors.NotTrusted($"The listener at {path} runs as user {user}", path);
    }
}
#endif
