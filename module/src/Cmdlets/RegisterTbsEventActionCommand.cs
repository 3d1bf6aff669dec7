using System;
using System.Management.Automation;
using TpmTbs.Client;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Registers a script that runs when the broker raises events of certain kinds.</summary>
/// <remarks>
/// <para>The service tbs-actions runs the script, with rights of its own, whenever the broker raises an event of one of
/// the kinds. The script gets the event as its first argument: an object with Kind, Time, UserKey, Message, Details and
/// Count, the number of equal events that the run stands for.</para>
/// <para>Only root may be able to change the script and the folders above it. Registering an action again replaces it,
/// and enables one that was disabled because it had failed five times in a row. For administrators.</para>
/// </remarks>
/// <example>
/// <code>Register-TbsEventAction -Kind lockoutBegan -Path /etc/tpmtbs/actions.d/notify.ps1</code>
/// <para>From now on notify.ps1 runs when a user is locked out.</para>
/// </example>
/// <example>
/// <code>Register-TbsEventAction -Name disk -Kind tpmLost, tpmReset -Path /etc/tpmtbs/actions.d/log.ps1 -WhatIf</code>
/// <para>Shows what would be registered, without registering it.</para>
/// </example>
/// <seealso>Test-TbsEventAction</seealso>
[Cmdlet(VerbsLifecycle.Register, "TbsEventAction", SupportsShouldProcess = true)]
[OutputType(typeof(EventAction))]
public sealed class RegisterTbsEventActionCommand : TbsCmdlet
{
    /// <summary>The kinds of events that start the script.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Kinds")]
    [ArgumentCompleter(typeof(EventKindCompleter))]
    [ValidateNotNullOrEmpty]
    public EventKind[] Kind { get; set; } = null!;

    /// <summary>The script.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = null!;

    /// <summary>The name of the action; default: that of the script without its ending.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(EventActionCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <inheritdoc/>
    protected override void Process() => ForObject(Name ?? Path, () =>
    {
        string file = InputFile.Resolve(this, Path);
        string[] kinds = Array.ConvertAll(Kind, EventKindName.Of);
        if (!Confirmed(file, $"Run when the broker raises {string.Join(", ", kinds)}")) return;
        RpcParameters parameters = new() { ["name"] = Name, ["kinds"] = kinds, ["path"] = file };
        WriteObject(Call("eventAction/register", parameters, EventAction.Read));
    });
}
