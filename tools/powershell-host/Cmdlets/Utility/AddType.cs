using System.Management.Automation;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Add, "Type", DefaultParameterSetName = "FromAssemblyName")]
public sealed class AddTypeCommand : PSCmdlet
{
    [Parameter(Mandatory = true, ParameterSetName = "FromAssemblyName")]
    [Alias("AN")]
    public string[] AssemblyName { get; set; } = [];

    [Parameter(Position = 0, Mandatory = true, ParameterSetName = "FromPath")]
    [Parameter(Mandatory = true, ParameterSetName = "FromLiteralPath")]
    [Alias("LiteralPath", "PSPath")]
    public string[] Path { get; set; } = [];

    [Parameter(Mandatory = true, ParameterSetName = "FromSource")]
    public string TypeDefinition { get; set; } = "";

    [Parameter]
    public SwitchParameter PassThru { get; set; }

    protected override void EndProcessing()
    {
        if (ParameterSetName == "FromSource")
        {
            ThrowTerminatingError(new ErrorRecord(
                new PSNotSupportedException("This host has no C# compiler: use classes of the PowerShell language, or a built assembly with -Path."),
                "SourceNotSupported",
                ErrorCategory.NotImplemented,
                null));
        }

        var assemblies = ParameterSetName == "FromAssemblyName"
            ? AssemblyName.Select(System.Reflection.Assembly.Load)
            : Path.SelectMany(path => GetResolvedProviderPathFromPSPath(path, out _)).Select(System.Reflection.Assembly.LoadFrom);
        foreach (var assembly in assemblies.ToList().Where(_ => PassThru))
        {
            WriteObject(assembly.GetExportedTypes(), enumerateCollection: true);
        }
    }
}
