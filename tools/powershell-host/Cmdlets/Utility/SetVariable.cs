using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Set, "Variable", SupportsShouldProcess = true)]
public class SetVariableCommand : PSCmdlet
{
    private readonly List<object?> values = [];

    [Parameter(Position = 0, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string[] Name { get; set; } = [];

    [Parameter(Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public object? Value { get; set; }

    [Parameter]
    public string? Scope { get; set; }

    [Parameter]
    public string? Description { get; set; }

    [Parameter]
    public ScopedItemOptions Option { get; set; }

    [Parameter]
    public SessionStateEntryVisibility Visibility { get; set; }

    [Parameter]
    public SwitchParameter Force { get; set; }

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void ProcessRecord()
    {
        if (MyInvocation.ExpectingInput || MyInvocation.BoundParameters.ContainsKey(nameof(Value)))
        {
            values.Add(Value);
        }
    }

    protected override void EndProcessing()
    {
        var value = values.Count switch
        {
            0 => null,
            1 => values[0],
            _ => values.ToArray(),
        };
        foreach (var name in Name.Where(name => ShouldProcess($"Name: {name} Value: {value}", "Set variable")))
        {
            Store(name, value);
        }
    }

    private protected virtual void Store(string name, object? value)
    {
        var variable = VariableLookup.Get(this, name, Scope ?? "0") ?? new PSVariable(name);
        if (Force && !variable.Options.HasFlag(ScopedItemOptions.Constant))
        {
            variable.Options &= ~ScopedItemOptions.ReadOnly;
        }

        variable.Value = value;
        Complete(variable);
        EngineScopes.Set(SessionState, variable, Scope ?? "0", Force);
        if (PassThru)
        {
            WriteObject(variable);
        }
    }

    private protected void Complete(PSVariable variable)
    {
        variable.Description = Description ?? variable.Description;
        variable.Visibility = Visibility;
        if (MyInvocation.BoundParameters.ContainsKey(nameof(Option)))
        {
            variable.Options = Option;
        }
    }
}
