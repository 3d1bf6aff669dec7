using System;
using System.IO;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>
/// Recognizes a machine without a TPM. The system's broker does not start there, so a missing answer is expected and not an
/// error.
/// </summary>
internal static class MachineWithoutTpm
{
    private const string Configuration = "/etc/tpmtbs/tbsd.json";

    /// <summary>
    /// True if the call was meant for the system's broker and it is not running, the kernel has no TPM device, and the
    /// configuration names no other TPM.
    /// </summary>
    internal static bool IsThis(TbsException failure)
    {
        if (failure.Symbol != "TBS_E_SERVICE_NOT_RUNNING" || BrokerAddress.IsWindows) return false;
        if (BrokerAddress.Current != BrokerAddress.SystemSocket || File.Exists(BrokerAddress.SystemSocket)) return false;
        return !HasDevice("/dev") && !HasDevice("/sys/class/tpm") && !ConfiguresTransport();
    }

    private static bool HasDevice(string folder)
    {
        try
        {
            return Directory.GetFileSystemEntries(folder, "tpm*").Length > 0;
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Whether the administrator has configured a TPM. True if the file cannot be read, since it may name one.</summary>
    private static bool ConfiguresTransport()
    {
        try
        {
            return !JsonValue.Parse(File.ReadAllBytes(Configuration))["transport"].IsNull;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception)
        {
            return true;
        }
    }
}
