using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Set, "Alias", SupportsShouldProcess = true)]
public class SetAliasCommand : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string Name { get; set; } = "";

    [Parameter(Position = 1, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string Value { get; set; } = "";

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected virtual bool MayReplace => true;

    protected override void ProcessRecord()
    {
        if (!ShouldProcess($"Name: {Name} Value: {Value}", "Set alias"))
        {
            return;
        }

        var exists = InvokeCommand.GetCommand(Name, CommandTypes.Alias) is not null;
        if (exists && !MayReplace && !Force)
        {
            WriteError(new ErrorRecord(
                new SessionStateException($"The alias is not allowed, because an alias with the name '{Name}' already exists."),
                "AliasAlreadyExists",
                ErrorCategory.ResourceExists,
                Name));
            return;
        }

        InvokeProvider.Item.Set([$"Alias:\\{Name}"], Value, Force, literalPath: true);
        if (PassThru)
        {
            WriteObject(InvokeCommand.GetCommand(Name, CommandTypes.Alias));
        }
    }
}
