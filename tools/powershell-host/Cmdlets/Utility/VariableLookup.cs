using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>Finds the caller's variables by name or pattern, in all scopes or in one.</summary>
internal static class VariableLookup
{
    public static IEnumerable<PSVariable> Find(PSCmdlet cmdlet, string name, string? scope)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(name))
        {
            return Get(cmdlet, name, scope) is { } variable ? [variable] : [];
        }

        // The Variable: drive shows the names that the caller sees.
        return cmdlet.InvokeProvider.ChildItem
            .GetNames("Variable:\\", ReturnContainers.ReturnAllContainers, recurse: false)
            .Where(new WildcardPattern(name, WildcardOptions.IgnoreCase).IsMatch)
            .Select(match => Get(cmdlet, match, scope))
            .OfType<PSVariable>();
    }

    public static PSVariable? Get(PSCmdlet cmdlet, string name, string? scope) => scope is null
        ? cmdlet.SessionState.PSVariable.Get(name)
        : EngineScopes.Get(cmdlet.SessionState, name, scope);

    public static ErrorRecord NotFound(string name) => new(
        new ItemNotFoundException($"Cannot find a variable with the name '{name}'."),
        "VariableNotFound",
        ErrorCategory.ObjectNotFound,
        name);
}
