namespace TpmTbs;

/// <summary>The classes of callers, for which the broker decides separately.</summary>
public enum CallerClass
{
    /// <summary>A class that this version of the module does not know.</summary>
    Unknown,

    /// <summary>root, or a member of the configured administrators' group.</summary>
    Administrator,

    /// <summary>Everybody else.</summary>
    StandardUser,

    /// <summary>A program in a sandbox (AppContainer), whoever runs it.</summary>
    SandboxedApp,
}
