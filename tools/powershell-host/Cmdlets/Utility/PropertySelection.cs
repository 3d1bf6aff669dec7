using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Makes the new object of Select-Object -Property out of an old one.</summary>
internal sealed class PropertySelection(object[] properties, string[] excluded)
{
    private readonly List<PropertyExpression> expressions = [.. properties.Select(PropertyExpression.Parse)];
    private readonly List<WildcardPattern> exclusions = [.. excluded.Select(name => new WildcardPattern(name, WildcardOptions.IgnoreCase))];

    public PSObject Apply(PSObject source)
    {
        var result = new PSObject();
        foreach (var expression in expressions)
        {
            var found = expression.Resolve(source).ToList();
            if (found.Count == 0 && !expression.HasWildcard)
            {
                // A property that is not there is selected all the same, and empty.
                found.Add((expression.Name, null));
            }

            foreach (var (name, value) in found.Where(item => !exclusions.Exists(pattern => pattern.IsMatch(item.Name))))
            {
                if (result.Properties[name] is null)
                {
                    result.Properties.Add(new PSNoteProperty(name, value));
                }
            }
        }

        if (source.TypeNames.FirstOrDefault() is { } type && source.BaseObject is not PSCustomObject)
        {
            result.TypeNames.Insert(0, "Selected." + type);
        }

        return result;
    }
}
