using System.IO;
using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Returns the policy in force as the JSON of a policy file.</summary>
/// <remarks>
/// Returns the policy in force, from all sources together, in the format of the files in policy.d: as text, or with
/// -Path in a file that Test-TbsPolicy and Set-TbsPolicy accept.
/// </remarks>
/// <example>
/// <code>Export-TbsPolicy -Path desired.json</code>
/// <para>Stores the policy of this machine, to compare others with it.</para>
/// </example>
/// <example>
/// <code>Export-TbsPolicy</code>
/// <para>Shows it.</para>
/// </example>
/// <seealso>Test-TbsPolicy</seealso>
[Cmdlet(VerbsData.Export, "TbsPolicy", SupportsShouldProcess = true)]
[OutputType(typeof(string), typeof(FileInfo))]
public sealed class ExportTbsPolicyCommand : TbsCmdlet
{
    /// <summary>The file to write. An existing file is replaced.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Does not replace an existing file, but reports an error.</summary>
    [Parameter]
    public SwitchParameter NoClobber { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        string json = Call("policy/export", static result => result["policy"].ToIndentedJson());
        if (Path is null) WriteObject(json);
        else if (OutputFile.Write(this, Path, json + "\n", NoClobber, "Write the policy in force") is { } file) WriteObject(file);
    }
}
