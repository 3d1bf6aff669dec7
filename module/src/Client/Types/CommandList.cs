namespace TpmTbs;

/// <summary>A list or rule that decides whether a command may be sent.</summary>
public enum CommandList
{
    /// <summary>A list that this version of the module does not know.</summary>
    Unknown,

    /// <summary>The policy list, from Group Policy.</summary>
    Policy,

    /// <summary>The default list, which ships with the broker.</summary>
    Default,

    /// <summary>The local list, which Add-TbsCommandBlock and Grant-TbsCommand change.</summary>
    Local,

    /// <summary>The command is not on the allowed list of the class.</summary>
    NotAllowed,

    /// <summary>The rule that refuses TPM_RH_LOCKOUT and TPM_RH_PLATFORM.</summary>
    HandleRule,

    /// <summary>The rule for commands embedded in other commands.</summary>
    Embedded,
}
