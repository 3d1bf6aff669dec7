using System.IO;
using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Writes the resultant set of policy as an HTML page.</summary>
/// <remarks>
/// Writes one self-contained page, as gpresult /h does on Windows: each setting with its value, every source that
/// mentions it (with the names of GPOs), which one decides, and why. The page needs no network and can be printed.
/// </remarks>
/// <example>
/// <code>Export-TbsPolicyReport -Path policy.html</code>
/// <para>Writes the page and returns the file.</para>
/// </example>
/// <example>
/// <code>Export-TbsPolicyReport monday.html -NoClobber</code>
/// <para>Does not replace a page that already exists.</para>
/// </example>
/// <seealso>Get-TbsPolicy</seealso>
[Cmdlet(VerbsData.Export, "TbsPolicyReport", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportTbsPolicyReportCommand : HtmlReportCmdlet
{
    /// <inheritdoc/>
    protected override void Process()
    {
        string html = FetchPage("policy/report");
        if (OutputFile.Write(this, Path, html, NoClobber, "Write the report of policy") is { } file) WriteObject(file);
    }
}
