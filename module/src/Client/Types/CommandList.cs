namespace TpmTbs;

/// <summary>The lists and rules that decide whether a command may be sent.</summary>
public enum CommandList
{
    /// <summary>A list that this version of the module does not know.</summary>
    Unknown,

    /// <summary>The lists of Group Policy.</summary>
    Policy,

    /// <summary>The list that ships with the broker.</summary>
    Default,

    /// <summary>The local list of Add-TbsCommandBlock and Grant-TbsCommand.</summary>
    Local,

    /// <summary>The command is not among those that are allowed for the class.</summary>
    NotAllowed,

    /// <summary>The rule that refuses TPM_RH_LOCKOUT and TPM_RH_PLATFORM.</summary>
    HandleRule,

    /// <summary>The rule for commands inside of others.</summary>
    Embedded,
}
