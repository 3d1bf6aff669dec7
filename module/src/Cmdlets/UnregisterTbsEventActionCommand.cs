using System.Management.Automation;
using TpmTbs.Client;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Removes event actions: no event starts their scripts any more.</summary>
/// <remarks>The scripts stay where they are. For administrators.</remarks>
/// <example>
/// <code>Unregister-TbsEventAction notify</code>
/// <para>Removes the action notify.</para>
/// </example>
/// <example>
/// <code>Get-TbsEventAction | Where-Object State -EQ Refused | Unregister-TbsEventAction</code>
/// <para>Removes every action whose script is missing or not safe.</para>
/// </example>
/// <seealso>Register-TbsEventAction</seealso>
[Cmdlet(VerbsLifecycle.Unregister, "TbsEventAction", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class UnregisterTbsEventActionCommand : TbsCmdlet
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
            ForObject(name, () =>
            {
                if (!Confirmed($"event action {name}", "Unregister")) return;
                if (Call("eventAction/unregister", new RpcParameters { ["name"] = name }, static json => json.Flag("removed"))) return;
                throw TbsErrors.BadParameter($"There is no event action '{name}'.", "Get-TbsEventAction shows the existing ones.", name);
            });
        }
    }
}
