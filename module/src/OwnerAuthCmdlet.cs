using System.Management.Automation;

namespace TpmTbs;

/// <summary>
/// A cmdlet that takes the current owner authorization as a value (its own parameter OwnerAuthorization), from an
/// owner-password file, or from a prompt.
/// </summary>
public abstract class OwnerAuthCmdlet : TbsCmdlet
{
    /// <summary>An owner-password file (.tpm) that holds it.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "File")]
    [ValidateNotNullOrEmpty]
    public string? File { get; set; }

    /// <summary>Asks for the owner password, which then appears in no history.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Prompt")]
    public SwitchParameter Prompt { get; set; }

    /// <summary>Returns the value in base64, or null if none was given; the broker then uses the one it stores.</summary>
    private protected string? OwnerAuth(object? given, string action) => OwnerAuthInput.Of(this, given, File, Prompt, action);
}
