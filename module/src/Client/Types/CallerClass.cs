namespace TpmTbs;

/// <summary>A class of callers, which decides the lists and limits that apply.</summary>
public enum CallerClass
{
    /// <summary>A class that this version of the module does not know.</summary>
    Unknown,

    /// <summary>root, or a member of the configured administrators' group.</summary>
    Administrator,

    /// <summary>Every other user.</summary>
    StandardUser,

    /// <summary>A sandboxed program (AppContainer), whichever user runs it.</summary>
    SandboxedApp,
}
