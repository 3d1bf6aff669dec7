using System;
using System.Management.Automation.Host;
#if NET
using System.Runtime.InteropServices;
#endif

namespace TpmTbs;

/// <summary>
/// The standard input of the process, from which PowerShell's console host reads answers.
/// </summary>
internal static class StandardInput
{
    /// <summary>Whether the host reads answers from standard input; hosts of remote sessions, jobs and editors do not.</summary>
    internal static bool Answers(PSHost host) => host.Name == "ConsoleHost";

    /// <summary>Whether input comes from a file, a pipe or a script instead of a terminal.</summary>
    internal static bool IsRedirected => Console.IsInputRedirected;

    /// <summary>
    /// Whether the process was started with standard input closed. Descriptor 0 is then the first one that the runtime opened:
    /// a pipe that never delivers an answer, so a prompt would block forever and steal bytes from the pipe's real reader.
    /// An inherited descriptor survived exec, so it is not close-on-exec; all of the runtime's own descriptors are.
    /// </summary>
    internal static bool WasClosed { get; } = IsClosedOrOfTheRuntime();

#if NET
    private const int GetDescriptorFlags = 1;
    private const int CloseOnExec = 1;

    private static bool IsClosedOrOfTheRuntime()
    {
        if (OperatingSystem.IsWindows()) return false;
        int flags = fcntl(0, GetDescriptorFlags);
        return flags == -1 || (flags & CloseOnExec) != 0;
    }

#pragma warning disable IDE1006, CA5392 // The C library defines the name, and the loader finds the library.
    [DllImport("libc")]
    private static extern int fcntl(int descriptor, int command);
#pragma warning restore IDE1006, CA5392
#else
    /// <summary>On Windows, a process without standard input reads the end of the file.</summary>
    private static bool IsClosedOrOfTheRuntime() => false;
#endif
}
