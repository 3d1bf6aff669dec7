using System.Collections;
using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommunications.Write, "Host")]
public sealed class WriteHostCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromRemainingArguments = true, ValueFromPipeline = true)]
    [Alias("Msg", "Message")]
    public object? Object { get; set; }

    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    [Parameter]
    public object Separator { get; set; } = " ";

    [Parameter]
    public ConsoleColor ForegroundColor { get; set; } = (ConsoleColor)(-1);

    [Parameter]
    public ConsoleColor BackgroundColor { get; set; } = (ConsoleColor)(-1);

    protected override void ProcessRecord()
    {
        var message = new HostInformationMessage
        {
            Message = Text(Object) ?? "",
            NoNewLine = NoNewline.IsPresent,
            ForegroundColor = ForegroundColor >= 0 ? ForegroundColor : null,
            BackgroundColor = BackgroundColor >= 0 ? BackgroundColor : null,
        };
        WriteInformation(message, ["PSHOST"]);
    }

    private string? Text(object? value)
    {
        if (value is null)
        {
            return null;
        }

        if (LanguagePrimitives.TryConvertTo<string>(value, out var text) && PSObject.AsPSObject(value).BaseObject is string)
        {
            return text;
        }

        return PSObject.AsPSObject(value).BaseObject is IEnumerable items
            ? string.Join(LanguagePrimitives.ConvertTo<string>(Separator), items.Cast<object?>().Select(Text))
            : LanguagePrimitives.ConvertTo<string>(value);
    }
}
