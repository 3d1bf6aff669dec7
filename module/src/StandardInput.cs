using System;
using System.Management.Automation.Host;
#if NET
using System.Runtime.InteropServices;
#endif

namespace TpmTbs;

/// <summary>
/// The standard input of the process, from which the console of PowerShell reads answers.
/// </summary>
internal static class StandardInput
{
    /// <summary>True for the host that reads answers from standard input; remote sessions, jobs and editors have others.</summary>
    internal static bool Answers(PSHost host) => host.Name == "ConsoleHost";

    /// <summary>True where answers come from a file, a pipe or a script and not from somebody at a terminal.</summary>
    internal static bool IsRedirected => Console.IsInputRedirected;

    /// <summary>
    /// True where the process was started with a closed standard input. The runtime's own first descriptor has its number
    /// then: a pipe that never has an answer, so that a question would wait for ever and take bytes that others wait for.
    /// What was inherited from a parent has survived exec and so cannot be marked close-on-exec; all of the runtime's own is.
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

#pragma warning disable IDE1006, CA5392 // The name is the C library's; it is found by the loader alone.
    [DllImport("libc")]
    private static extern int fcntl(int descriptor, int command);
#pragma warning restore IDE1006, CA5392
#else
    /// <summary>Windows ends the input of a program without one.</summary>
    private static bool IsClosedOrOfTheRuntime() => false;
#endif
}
