using System;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace TpmTbs;

/// <summary>
/// Declares how a session treats copies of results, which jobs, remote sessions and CLIXML files bring: they keep their nested
/// objects, which views and scripts read, and no list of their properties shows an owner authorization by default.
/// </summary>
/// <remarks>
/// The usual form of such declarations is a types.ps1xml file. With one, however, nobody could import a second version of the
/// module in a session, because PowerShell does not let two files declare the same. Hence they are added to the session's
/// table directly, and override earlier ones.
/// </remarks>
internal static class CopiesOfResults
{
    /// <summary>A snapshot has a status, which has the TPM's lockout, which has numbers.</summary>
    private const uint Depth = 3;

    /// <summary>The results with nested objects. Jobs would otherwise turn those into text.</summary>
    private static readonly string[] WithNestedObjects =
    {
        "TpmTbs.Activity", "TpmTbs.BootEvent", "TpmTbs.BrokerSnapshot", "TpmTbs.CommandBlock", "TpmTbs.CommandVerdict",
        "TpmTbs.Event", "TpmTbs.EventLogTest", "TpmTbs.Lockout", "TpmTbs.OwnerAuthBackup", "TpmTbs.PhysicalPresence",
        "TpmTbs.PolicyCompliance", "TpmTbs.PolicyDifference", "TpmTbs.PolicyExplanation", "TpmTbs.PolicySetting", "TpmTbs.Queue",
        "TpmTbs.Status",
    };

    /// <summary>What PowerShell lists of a TPM after an object of another type: everything but its owner authorization.</summary>
    internal static readonly string[] OfTpm =
    {
        "TpmPresent", "TpmReady", "TpmEnabled", "TpmActivated", "TpmOwned", "RestartPending", "ManufacturerId",
        "ManufacturerIdTxt", "ManufacturerVersion", "ManufacturerVersionFull20", "ManagedAuthLevel", "OwnerClearDisabled",
        "AutoProvisioning", "LockedOut", "LockoutAuthBlocked", "LockoutAuthBlockedUntil", "LockoutHealTime", "LockoutCount",
        "LockoutMax", "SelfTest",
    };

    private static readonly string[] OfOwnerAuthChange = { "Kept", "Backup" };

    internal static void Declare()
    {
        if (TableOf(Runspace.DefaultRunspace) is not { } table) return;
        try
        {
            foreach (string type in WithNestedObjects) table.AddType(new TypeData(type) { SerializationDepth = Depth, IsOverride = true });
            table.AddType(Listed("TpmTbs.Tpm", OfTpm));
            table.AddType(Listed("TpmTbs.OwnerAuthChange", OfOwnerAuthChange));
        }
        catch (Exception exception) when (exception is RuntimeException or InvalidOperationException)
        {
            // Sessions that share a table take no declarations of their own.
        }
    }

    private static TypeData Listed(string type, string[] properties) =>
        new(type) { DefaultDisplayPropertySet = new PropertySetData(properties), IsOverride = true };

    /// <summary>Returns the session's table of types, or null if this PowerShell hides it elsewhere.</summary>
    private static TypeTable? TableOf(Runspace? session)
    {
        const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic;
        object? context = session?.GetType().GetProperty("GetExecutionContext", Hidden)?.GetValue(session);
        return context?.GetType().GetProperty("TypeTable", Hidden)?.GetValue(context) as TypeTable;
    }
}
