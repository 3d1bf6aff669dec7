using System;
using System.Management.Automation;
using TpmTbs.Client;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Shows the scripts that the broker's events start, and the results of their runs.</summary>
/// <remarks>
/// Returns each event action with the hash of its script, its state, and the figures that the service tbs-actions last
/// reported: runs, failures, events that joined another or were dropped. For administrators and observers.
/// </remarks>
/// <example>
/// <code>Get-TbsEventAction</code>
/// <para>Shows every action.</para>
/// </example>
/// <example>
/// <code>Get-TbsEventAction | Where-Object State -NE Enabled | Format-List Name, Reason</code>
/// <para>Shows the actions that no event starts, and why.</para>
/// </example>
/// <seealso>Register-TbsEventAction</seealso>
[Cmdlet(VerbsCommon.Get, "TbsEventAction")]
[OutputType(typeof(EventAction))]
public sealed class GetTbsEventActionCommand : TbsCmdlet
{
    /// <summary>Only the actions of these names.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(EventActionCompleter))]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        EventAction[] actions = Call("eventAction/list", static json => json.List("actions", EventAction.Read));
        if (Name is null)
        {
            foreach (EventAction action in actions) WriteObject(action);
            return;
        }
        foreach (string name in Name)
        {
            ForObject(name, () => WriteObject(
                Array.Find(actions, action => string.Equals(action.Name, name, StringComparison.Ordinal))
                ?? throw TbsErrors.BadParameter($"There is no event action '{name}'.", "Get-TbsEventAction shows the existing ones.", name)));
        }
    }
}
