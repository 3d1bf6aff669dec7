using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

/// <summary>What Get-Member writes; the engine's default view is registered for this name.</summary>
public sealed record MemberDefinition(string TypeName, string Name, PSMemberTypes MemberType, string Definition)
{
    public override string ToString() => Definition;
}
