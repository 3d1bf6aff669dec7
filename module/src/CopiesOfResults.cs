using System;
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
    private static readonly string[] ListedOfChange = { nameof(OwnerAuthChange.Kept), nameof(OwnerAuthChange.Backup) };

    internal static void Declare()
    {
        if (TableOf(Runspace.DefaultRunspace) is not { } table) return;
        try
        {
            foreach (Type type in typeof(CopiesOfResults).Assembly.GetExportedTypes().Where(IsResult)) table.AddType(Copied(type));
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
    /// apart and turn the names of states and kinds into numbers. A copy of a TPM has no hidden property: a session that receives
    /// it may not have this module, and would print the owner authorization into its transcript.
    /// </summary>
    private static TypeData Copied(Type type)
    {
        TypeData copied = new(type.FullName) { SerializationDepth = 1, IsOverride = true };
        if (typeof(Tpm).IsAssignableFrom(type))
        {
            copied.SerializationMethod = "SpecificProperties";
            copied.PropertySerializationSet = new PropertySetData(type.GetProperties().Where(IsShown).Select(static property => property.Name));
        }
        if (type == typeof(OwnerAuthChange)) copied.DefaultDisplayPropertySet = new PropertySetData(ListedOfChange);
        return copied;
    }

    private static bool IsShown(PropertyInfo property) => !property.IsDefined(typeof(HiddenAttribute), false);

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
