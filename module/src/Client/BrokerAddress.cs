using System;
using System.IO;
using System.Threading;

namespace TpmTbs.Client;

/// <summary>The address at which the broker listens.</summary>
internal static class BrokerAddress
{
    internal const string SystemSocket = "/run/tpmtbs/rpc.sock";
    private const string Pipe = @"\\.\pipe\tpmtbs";

    /// <summary>$TPMTBS_SOCKET if set, else the system's broker if its socket exists, else the user's own.</summary>
    internal static string Current
    {
        get
        {
            string? named = Environment.GetEnvironmentVariable("TPMTBS_SOCKET");
            if (!string.IsNullOrEmpty(named)) return named!;
            if (IsWindows) return Pipe;
            if (File.Exists(SystemSocket)) return SystemSocket;
            string? own = UserSocket;
            return own is not null && File.Exists(own) ? own : SystemSocket;
        }
    }

    /// <summary>The socket of a broker that this user runs; null if $XDG_RUNTIME_DIR is not set.</summary>
    internal static string? UserSocket =>
        Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } folder ? folder + "/tpmtbs/rpc.sock" : null;

    internal static Transport Connect(string path, Deadline deadline, CancellationToken stopping)
    {
#if NET
        if (!IsWindows) return UnixSocketTransport.Connect(path, deadline, stopping);
#endif
        return PipeTransport.Connect(path, deadline, stopping);
    }

#if NET
    internal static bool IsWindows => OperatingSystem.IsWindows();
#else
    internal static bool IsWindows => Environment.OSVersion.Platform == PlatformID.Win32NT;
#endif
}
