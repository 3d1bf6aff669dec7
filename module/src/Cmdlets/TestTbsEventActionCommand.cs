using System.Management.Automation;
using TpmTbs.Client;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Has the service run an event action with a sample event, and shows how the run ended.</summary>
/// <remarks>
/// The script really runs, as the service tbs-actions runs it. The sample event is of the action's first kind, and its
/// Details contain Test = true. A disabled action runs too; a test neither enables nor disables it. For
/// administrators.
/// </remarks>
/// <example>
/// <code>Test-TbsEventAction notify</code>
/// <para>Runs the action notify and shows its result and its output.</para>
/// </example>
/// <example>
/// <code>Get-TbsEventAction | Test-TbsEventAction | Where-Object Result -NE Succeeded</code>
/// <para>Tries every action and shows those that fail.</para>
/// </example>
/// <seealso>Register-TbsEventAction</seealso>
[Cmdlet(VerbsDiagnostic.Test, "TbsEventAction")]
[OutputType(typeof(EventActionRun))]
public sealed class TestTbsEventActionCommand : TbsCmdlet
{
    /// <summary>The names of the actions.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(EventActionCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = null!;

    /// <inheritdoc/>
    protected override void Process()
    {
        foreach (string name in Name)
        {
            ForObject(name, () => WriteObject(Call("eventAction/test", new RpcParameters { ["name"] = name }, EventActionRun.Read)));
        }
    }
}
