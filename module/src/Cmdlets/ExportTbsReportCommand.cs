using System.IO;
using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Writes the state of the TPM and its broker as an HTML page.</summary>
/// <remarks>
/// Writes one self-contained page: health and warnings with what to do, lockouts and refused commands over time, owner
/// authorization and its backup, the measured boot against the PCRs, policy with its sources, and the command lists with
/// their reasons. It needs no network and can be printed. For administrators and observers.
/// </remarks>
/// <example>
/// <code>Export-TbsReport -Path report.html</code>
/// <para>Writes the page and returns the file.</para>
/// </example>
/// <example>
/// <code>Export-TbsReport monday.html -NoClobber</code>
/// <para>Does not replace a page that already exists.</para>
/// </example>
/// <seealso>Get-TbsStatus</seealso>
/// <seealso>Export-TbsPolicyReport</seealso>
[Cmdlet(VerbsData.Export, "TbsReport", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportTbsReportCommand : HtmlReportCmdlet
{
    /// <inheritdoc/>
    protected override void Process()
    {
        string html = FetchPage("report/get");
        if (OutputFile.Write(this, Path, html, NoClobber, "Write the report") is { } file) WriteObject(file);
    }
}
