using System.Management.Automation;
using System.Globalization;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "Culture")]
[OutputType(typeof(CultureInfo))]
public sealed class GetCultureCommand : PSCmdlet
{
    protected override void BeginProcessing() => WriteObject(Host.CurrentCulture);
}
