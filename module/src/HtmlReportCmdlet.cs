using System.Management.Automation;

namespace TpmTbs;

/// <summary>A cmdlet that writes an HTML page from the broker to a file. The derived cmdlets differ only in method and wording.</summary>
public abstract class HtmlReportCmdlet : TbsCmdlet
{
    /// <summary>The file to write. An existing file is replaced.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = null!;

    /// <summary>Does not replace an existing file, but reports an error.</summary>
    [Parameter]
    public SwitchParameter NoClobber { get; set; }

    /// <summary>Returns the HTML of the page from the broker.</summary>
    private protected string FetchPage(string method) => Call(method, static result => result.Text("html"));
}
