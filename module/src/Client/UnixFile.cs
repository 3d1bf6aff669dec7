#if NET
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

// Otherwise each session would compile marshalling code for every call of the C library.
[assembly: DisableRuntimeMarshalling]

namespace TpmTbs.Client;

/// <summary>Asks the kernel for the owner of a file, which .NET does not report.</summary>
internal static unsafe class UnixFile
{
    private const int CurrentFolder = -100;
    private const uint OwnerField = 0x8;

    /// <summary>The size of struct statx, which is the same on every architecture.</summary>
    private const int StatxBytes = 256;
    private const int OwnerOffset = 20;

    /// <summary>Returns the user id of the owner, or null if statx fails.</summary>
    internal static uint? OwnerOf(string path)
    {
        byte[] name = Encoding.UTF8.GetBytes(path + "\0");
        byte* result = stackalloc byte[StatxBytes];
        fixed (byte* start = name)
        {
            return statx(CurrentFolder, start, 0, OwnerField, result) == 0 ? *(uint*)(result + OwnerOffset) : null;
        }
    }

    /// <summary>The effective user of this process, as whom it opens files.</summary>
    internal static uint EffectiveUser => geteuid();

#pragma warning disable IDE1006, CA5392 // The C library defines the names, and the loader finds the library.
    [DllImport("libc")]
    private static extern int statx(int folder, byte* path, int flags, uint mask, byte* result);

    [DllImport("libc")]
    private static extern uint geteuid();
#pragma warning restore IDE1006, CA5392
}
#endif
