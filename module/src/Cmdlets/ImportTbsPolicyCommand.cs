using System;
using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Imports a Registry.pol file as a policy source.</summary>
[Cmdlet(VerbsData.Import, "TbsPolicy", SupportsShouldProcess = true)]
[OutputType(typeof(PolicySetting))]
public sealed class ImportTbsPolicyCommand : TbsCmdlet
{
    /// <summary>The Registry.pol file.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = null!;

    /// <inheritdoc/>
    protected override void Process() => ForObject(Path, () =>
    {
        byte[] content = InputFile.ReadAll(this, Path);
        if (!Confirmed(Path, "Import as a source of policy")) return;
        RpcParameters parameters = new() { ["registryPol"] = Convert.ToBase64String(content) };
        PolicySetting[] settings = Call("policy/import", parameters, PolicySetting.ReadAll);
        WriteObject(Array.FindAll(settings, static one => one.SourceKind == PolicySourceKind.RegistryPol), true);
    });
}
