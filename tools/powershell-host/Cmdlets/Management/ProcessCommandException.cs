namespace Microsoft.PowerShell.Commands;

/// <summary>What the process cmdlets fail with, under the name that scripts catch.</summary>
public sealed class ProcessCommandException(string message) : SystemException(message);
