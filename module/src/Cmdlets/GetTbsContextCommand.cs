using System;
using System.Management.Automation;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Shows the open contexts.</summary>
/// <remarks>
/// Shows contexts with their user, process, queued commands and resources. Administrators see everybody's, others their
/// own; Own shows whether this process opened the context.
/// </remarks>
/// <example>
/// <code>Get-TbsContext | Where-Object WaitingCommands -gt 0</code>
/// <para>Shows contexts that wait for the TPM.</para>
/// </example>
/// <example>
/// <code>Get-TbsContext | Where-Object Own</code>
/// <para>Shows the contexts of this process.</para>
/// </example>
/// <seealso>New-TbsContext</seealso>
[Cmdlet(VerbsCommon.Get, "TbsContext")]
[OutputType(typeof(Context))]
public sealed class GetTbsContextCommand : TbsCmdlet
{
    /// <summary>Only these contexts.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ContextCompleter))]
    public uint[]? ContextId { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        Context[] contexts = Call("context/list", static json => json.List("contexts", Context.Read));
        if (ContextId is null || ContextId.Length == 0)
        {
            WriteObject(contexts, true);
            return;
        }
        foreach (uint id in ContextId)
        {
            ForObject(id, () => WriteObject(Array.Find(contexts, one => one.ContextId == id) ?? throw NoSuchContext(id)));
        }
    }

    private static TbsException NoSuchContext(uint id) =>
        new("TBS_E_INVALID_CONTEXT", $"There is no context {id}, or not for you to see.", "Get-TbsContext without parameters shows those that there are.");
}
