#if NET
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

// Without it each session would compile code for every call of the C library.
[assembly: DisableRuntimeMarshalling]

namespace TpmTbs.Client;

/// <summary>Asks the kernel to whom a file belongs, which .NET does not tell.</summary>
internal static unsafe class UnixFile
{
    private const int CurrentFolder = -100;
    private const uint OwnerField = 0x8;

    /// <summary>Of struct statx, which is the same on every architecture.</summary>
    private const int StatxBytes = 256;
    private const int OwnerOffset = 20;

    /// <summary>The user id of the owner; null where the file cannot be asked.</summary>
    internal static uint? OwnerOf(string path)
    {
        byte[] name = Encoding.UTF8.GetBytes(path + "\0");
        byte* result = stackalloc byte[StatxBytes];
        fixed (byte* start = name)
        {
            return statx(CurrentFolder, start, 0, OwnerField, result) == 0 ? *(uint*)(result + OwnerOffset) : null;
        }
    }

    /// <summary>The user as whom this process opens files.</summary>
    internal static uint EffectiveUser => geteuid();

#pragma warning disable IDE1006, CA5392 // The names are the C library's; it is found by the loader alone.
    [DllImport("libc")]
    private static extern int statx(int folder, byte* path, int flags, uint mask, byte* result);

    [DllImport("libc")]
    private static extern uint geteuid();
#pragma warning restore IDE1006, CA5392
}
#endif
