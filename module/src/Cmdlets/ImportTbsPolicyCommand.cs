using System;
using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Imports a Registry.pol file as a policy source.</summary>
/// <remarks>
/// Reads a Registry.pol (PReg), as Group Policy delivers it, and sends it to the broker, which validates and stores it.
/// The broker refuses a damaged file and changes nothing. Returns the settings that then come from such files. For
/// administrators.
/// </remarks>
/// <example>
/// <code>Import-TbsPolicy -Path ./Registry.pol</code>
/// <para>Imports the file and shows the settings that it sets.</para>
/// </example>
/// <example>
/// <code>Import-TbsPolicy ./Registry.pol -WhatIf</code>
/// <para>Shows what would be imported, without importing it.</para>
/// </example>
/// <seealso>Get-TbsPolicy</seealso>
[Cmdlet(VerbsData.Import, "TbsPolicy", SupportsShouldProcess = true)]
[OutputType(typeof(PolicySetting))]
public sealed class ImportTbsPolicyCommand : TbsCmdlet
{
    /// <summary>The Registry.pol file.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
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
