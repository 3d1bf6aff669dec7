namespace Microsoft.PowerShell.Commands;

/// <summary>
/// The exception of a Write-Error without one. It has the name that pwsh gives it, since scripts and tests see that
/// name in FullyQualifiedErrorId.
/// </summary>
public sealed class WriteErrorException(string message) : SystemException(message);
