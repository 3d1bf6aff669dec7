using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>Reads files that the user names.</summary>
internal static class InputFile
{
    /// <summary>Resolves a path in the file system. Fails for a path of another provider or on a missing drive.</summary>
    internal static string Resolve(PSCmdlet cmdlet, string path)
    {
        if (path.Any(static letter => letter == '\0')) throw TbsErrors.BadFile(path.Replace('\0', '?'), "It contains a null character.");
        try
        {
            string full = cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
            if (string.Equals(provider.Name, "FileSystem", StringComparison.OrdinalIgnoreCase)) return full;
            throw TbsErrors.BadFile(path, "It is no path of the file system.");
        }
        catch (Exception exception) when (exception is SessionStateException or ProviderInvocationException or PSNotSupportedException or PSArgumentException)
        {
            throw TbsErrors.BadFile(path, exception.Message, exception);
        }
    }

    internal static byte[] ReadAll(PSCmdlet cmdlet, string path)
    {
        string file = Resolve(cmdlet, path);
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception exception) when (IsOfFile(exception))
        {
            throw TbsErrors.BadFile(path, exception.Message, exception);
        }
    }

    /// <summary>Whether an exception is about the file and not a bug of the module.</summary>
    internal static bool IsOfFile(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException or System.Security.SecurityException;
}
