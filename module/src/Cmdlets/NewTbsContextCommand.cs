using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Opens a context: a view of the TPM with its own handles.</summary>
/// <remarks>
/// Opens a context on this process's connection to the broker. Objects and sessions that commands create in the context
/// can be used only there. The broker flushes them when you remove the context or the process ends.
/// </remarks>
/// <example>
/// <code>$context = New-TbsContext
/// Submit-TbsCommand '8001 0000000C 0000017B 0008' -Context $context</code>
/// <para>Sends commands that use one another's results.</para>
/// </example>
/// <example>
/// <code>New-TbsContext -TpmVersion 2.0</code>
/// <para>Opens a context only if the machine has a TPM 2.0.</para>
/// </example>
/// <seealso>Submit-TbsCommand</seealso>
[Cmdlet(VerbsCommon.New, "TbsContext", SupportsShouldProcess = true)]
[OutputType(typeof(OpenedContext))]
public sealed class NewTbsContextCommand : TbsCmdlet
{
    /// <summary>The TPM families that you support; default: both. It is an error if the machine has none of them.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateSet("1.2", "2.0")]
    public string[] TpmVersion { get; set; } = { "1.2", "2.0" };

    /// <inheritdoc/>
    protected override void Process()
    {
        if (!Confirmed("TPM", "Open a context")) return;
        WriteObject(Call("context/open", new RpcParameters { ["versions"] = TpmVersion }, OpenedContext.Read));
    }
}
