using System.Management.Automation;
using TpmTbs.Client;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Tests whether a command is blocked, why, and what would unblock it.</summary>
/// <remarks>
/// Asks the broker for its verdict on a command: the list that decides, its source, the reason, and the change that
/// would lift a block. Sends nothing to the TPM.
/// </remarks>
/// <example>
/// <code>Test-TbsCommandBlock TPM2_Clear -Class StandardUser</code>
/// <para>Shows why a standard user may not clear the TPM.</para>
/// </example>
/// <example>
/// <code>'TPM2_GetRandom', '0x126' | Test-TbsCommandBlock | Where-Object Blocked</code>
/// <para>Shows which of several commands are blocked for you.</para>
/// </example>
/// <seealso>Get-TbsCommandBlock</seealso>
[Cmdlet(VerbsDiagnostic.Test, "TbsCommandBlock")]
[OutputType(typeof(CommandVerdict))]
public sealed class TestTbsCommandBlockCommand : TbsCmdlet
{
    /// <summary>The command, by name or code: TPM2_GetRandom, GetRandom, 0x17B and 379 are the same.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "Ordinal", "Code")]
    [ArgumentCompleter(typeof(CommandCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Command { get; set; } = null!;

    /// <summary>The caller class; default: your own.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateSet("Administrator", "StandardUser", "SandboxedApp")]
    public string? Class { get; set; }

    /// <summary>The TPM family to which the command belongs; default: that of the machine's TPM.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateSet("1.2", "2.0")]
    public string? TpmVersion { get; set; }

    /// <summary>Handles that the command would name, such as 0x4000000A (TPM_RH_LOCKOUT): some are refused to standard users.</summary>
    [Parameter]
    [ValidateCount(1, 7)]
    public uint[]? Handle { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        foreach (string reference in Command)
        {
            ForObject(reference, () =>
            {
                RpcParameters parameters = new()
                {
                    ["command"] = reference,
                    ["callerClass"] = ClassName.InProtocol(Class),
                    ["tpmVersion"] = TpmVersion,
                    ["handles"] = Handle,
                };
                WriteObject(Call("commandBlock/test", parameters, CommandBlock.Read).Verdicts, true);
            });
        }
    }
}
