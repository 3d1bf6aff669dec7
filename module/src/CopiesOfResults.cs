using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;

namespace TpmTbs;

/// <summary>
/// Declares how a session treats results deserialized from jobs, remote sessions and CLIXML files: they keep their nested
/// objects, which views and scripts read, their states and kinds stay comparable with their names, and they have no owner
/// authorization.
/// </summary>
/// <remarks>
/// The usual form of such declarations is a types.ps1xml file. With one, however, nobody could import a second version of the
/// module in a session, because PowerShell does not let two files declare the same. Hence they are added to the session's
/// table directly, and override earlier ones.
/// </remarks>
internal static class CopiesOfResults
{
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
            foreach (Type type in typeof(CopiesOfResults).Assembly.GetExportedTypes().Where(IsResult)) table.AddType(CopiedWhole(type.FullName));
            table.AddType(WithoutOwnerAuth("TpmTbs.Tpm", OfTpm, OfTpm));
            table.AddType(WithoutOwnerAuth("TpmTbs.OwnerAuthChange", OfOwnerAuthChange, OfOwnerAuthChange.Concat(OfTpm)));
            table.AddType(CopiedBytes());
        }
        catch (Exception exception) when (exception is RuntimeException or InvalidOperationException)
        {
            // Sessions that share a table take no declarations of their own.
        }
    }

    private static bool IsResult(Type type) => type.IsClass && type.Namespace == nameof(TpmTbs);

    /// <summary>
    /// Declares a copy of one level for every result, nested ones included. A greater depth for the outer one would take dates
    /// apart and turn the names of states and kinds into numbers.
    /// </summary>
    private static TypeData CopiedWhole(string? type) => new(type) { SerializationDepth = 1, IsOverride = true };

    /// <summary>
    /// Declares what is listed and what is copied. A copy has no owner authorization: a session that receives it may not have
    /// this module, and would print the value into its transcript.
    /// </summary>
    private static TypeData WithoutOwnerAuth(string type, IEnumerable<string> listed, IEnumerable<string> copied) => new(type)
    {
        DefaultDisplayPropertySet = new PropertySetData(listed),
        SerializationMethod = "SpecificProperties",
        PropertySerializationSet = new PropertySetData(copied),
        SerializationDepth = 1,
        IsOverride = true,
    };

    /// <summary>Copies of bytes become bytes again. They would otherwise be an ArrayList, which has no Length and no text.</summary>
    private static TypeData CopiedBytes() =>
        new("Deserialized." + typeof(ByteList).FullName) { TargetTypeForDeserialization = typeof(ByteList), IsOverride = true };

    /// <summary>Returns the session's table of types, or null if this PowerShell hides it elsewhere.</summary>
    private static TypeTable? TableOf(Runspace? session)
    {
        const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic;
        object? context = session?.GetType().GetProperty("GetExecutionContext", Hidden)?.GetValue(session);
        return context?.GetType().GetProperty("TypeTable", Hidden)?.GetValue(context) as TypeTable;
    }
}
