using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Whether two objects are the same to Select-Object -Unique and Get-Unique: by value, or by their properties.</summary>
internal static class ObjectEquality
{
    public static bool AreEqual(PSObject first, PSObject second, bool caseSensitive)
    {
        if (first.BaseObject is not PSCustomObject || second.BaseObject is not PSCustomObject)
        {
            return ReferenceEquals(first.BaseObject, second.BaseObject) || LanguagePrimitives.Equals(first.BaseObject, second.BaseObject, !caseSensitive);
        }

        var left = first.Properties.ToList();
        var right = second.Properties.ToDictionary(property => property.Name, property => property.Value, StringComparer.OrdinalIgnoreCase);
        return left.Count == right.Count
            && left.TrueForAll(property => right.TryGetValue(property.Name, out var value) && LanguagePrimitives.Equals(property.Value, value, !caseSensitive));
    }
}
