using System.Collections;
using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>
/// One thing to take from an object: a property's name, a script block, or a table with Name (Label) and Expression,
/// and what else the cmdlet understands (Descending).
/// </summary>
internal sealed class PropertyExpression
{
    private readonly object expression;

    private PropertyExpression(object expression, string? label, bool? descending)
    {
        this.expression = expression;
        Label = label;
        Descending = descending;
    }

    /// <summary>The name given in a table; null where the name is the property's own.</summary>
    public string? Label { get; }

    public bool? Descending { get; }

    public string Name => Label ?? expression.ToString() ?? "";

    public static PropertyExpression Parse(object description)
    {
        var plain = description is PSObject wrapped ? wrapped.BaseObject : description;
        if (plain is not IDictionary table)
        {
            return new PropertyExpression(plain, null, null);
        }

        object? expression = null;
        string? label = null;
        bool? descending = null;
        foreach (DictionaryEntry entry in table)
        {
            var key = LanguagePrimitives.ConvertTo<string>(entry.Key);
            var value = entry.Value is PSObject inner ? inner.BaseObject : entry.Value;
            if (IsKey(key, "Expression"))
            {
                expression = value;
            }
            else if (IsKey(key, "Name") || IsKey(key, "Label"))
            {
                label = LanguagePrimitives.ConvertTo<string>(value);
            }
            else if (IsKey(key, "Descending"))
            {
                descending = LanguagePrimitives.IsTrue(value);
            }
            else if (IsKey(key, "Ascending"))
            {
                descending = !LanguagePrimitives.IsTrue(value);
            }
            else
            {
                throw new PSArgumentException($"The key '{key}' of a calculated property is not known: Name, Expression, Ascending and Descending are.");
            }
        }

        return new PropertyExpression(
            expression ?? label ?? throw new PSArgumentException("A calculated property needs an Expression."),
            label,
            descending);
    }

    /// <summary>The properties that the expression names in this object, with wildcards; empty for a name that it does not have.</summary>
    public IEnumerable<(string Name, object? Value)> Resolve(PSObject target)
    {
        if (expression is ScriptBlock script)
        {
            return [(Label ?? script.ToString().Trim(), Evaluate(script, target))];
        }

        var name = LanguagePrimitives.ConvertTo<string>(expression);
        if (target.BaseObject is IDictionary table && table.Contains(name))
        {
            return [(Label ?? name, table[name])];
        }

        return target.Properties
            .Match(name, PSMemberTypes.Properties | PSMemberTypes.PropertySet)
            .Select(property => (Label ?? property.Name, ValueOf(property)));
    }

    /// <summary>The one value that the expression stands for; null if there is none.</summary>
    public object? ValueIn(PSObject target) => Resolve(target).Select(found => found.Value).FirstOrDefault();

    public bool HasWildcard => expression is string name && WildcardPattern.ContainsWildcardCharacters(name);

    private static object? ValueOf(PSPropertyInfo property)
    {
        try
        {
            return property.Value;
        }
        catch (GetValueException)
        {
            // As in pwsh: a property that cannot be read counts as empty.
            return null;
        }
    }

    private static object? Evaluate(ScriptBlock script, PSObject target)
    {
        try
        {
            var result = script.InvokeWithContext(null, [new PSVariable("_", target), new PSVariable("PSItem", target)]);
            return result.Count switch
            {
                0 => null,
                1 => result[0] is { } only && only.BaseObject is not PSCustomObject ? only.BaseObject : result[0],
                _ => result.Select(item => (object?)item?.BaseObject).ToArray(),
            };
        }
        catch (RuntimeException)
        {
            // As in pwsh: a calculated property that fails is empty, and the others are kept.
            return null;
        }
    }

    private static bool IsKey(string given, string key) => key.StartsWith(given, StringComparison.OrdinalIgnoreCase);
}
