using System.Management.Automation;
using TpmTbs.Client;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Closes a context.</summary>
/// <remarks>
/// Closes contexts of this process: cancels their queued commands, and flushes what they created in the TPM.
/// </remarks>
/// <example>
/// <code>$context = New-TbsContext
/// Remove-TbsContext $context.ContextId</code>
/// <para>Closes a context that New-TbsContext opened.</para>
/// </example>
/// <example>
/// <code>Get-TbsContext | Where-Object Own | Remove-TbsContext</code>
/// <para>Closes all contexts of this process.</para>
/// </example>
/// <seealso>New-TbsContext</seealso>
[Cmdlet(VerbsCommon.Remove, "TbsContext", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class RemoveTbsContextCommand : TbsCmdlet
{
    /// <summary>The contexts to close.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ContextCompleter))]
    public uint[] ContextId { get; set; } = null!;

    /// <inheritdoc/>
    protected override void Process()
    {
        foreach (uint id in ContextId)
        {
            ForObject(id, () =>
            {
                if (Confirmed($"context {id}", "Close")) Call("context/close", new RpcParameters { ["contextId"] = id });
            });
        }
    }
}
