using System.Management.Automation;
using System.Collections;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.New, "Object")]
public sealed class NewObjectCommand : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true)]
    public string TypeName { get; set; } = "";

    [Parameter(Position = 1)]
    [Alias("Args")]
    public object[] ArgumentList { get; set; } = [];

    [Parameter]
    public IDictionary? Property { get; set; }

    protected override void BeginProcessing()
    {
        if (!LanguagePrimitives.TryConvertTo<Type>(TypeName, out var type) || type is null)
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSArgumentException($"Cannot find type [{TypeName}]: verify that the assembly containing this type is loaded."),
                "TypeNotFound",
                ErrorCategory.InvalidType,
                TypeName));
            return;
        }

        var instance = PSObject.AsPSObject(type == typeof(PSObject) ? new PSObject() : Construct(type));
        foreach (DictionaryEntry entry in Property ?? new Hashtable())
        {
            var name = LanguagePrimitives.ConvertTo<string>(entry.Key);
            if (instance.Properties[name] is { } existing)
            {
                existing.Value = entry.Value;
            }
            else if (type == typeof(PSObject))
            {
                instance.Properties.Add(new PSNoteProperty(name, entry.Value));
            }
            else
            {
                WriteError(new ErrorRecord(
                    new InvalidOperationException($"The member \"{name}\" was not found for the specified .NET object."),
                    "InvalidOperationException",
                    ErrorCategory.InvalidOperation,
                    Property));
            }
        }

        WriteObject(instance);
    }

    private object Construct(Type type)
    {
        try
        {
            // The language's own [type]::new binds the arguments by its rules, conversions included.
            var construct = InvokeCommand.NewScriptBlock("param($type, $arguments) ,$type::new.Invoke($arguments)");
            return type.IsValueType && ArgumentList.Length == 0
                ? Activator.CreateInstance(type)!
                : construct.InvokeReturnAsIs(type, ArgumentList) is PSObject wrapped ? wrapped.BaseObject : construct;
        }
        catch (RuntimeException error)
        {
            ThrowTerminatingError(new ErrorRecord(error.InnerException ?? error, "ConstructorInvokedThrowException", ErrorCategory.InvalidOperation, type));
            throw;
        }
    }
}
