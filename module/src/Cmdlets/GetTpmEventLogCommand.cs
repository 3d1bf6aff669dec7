using System;
using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Shows what the firmware measured at this boot.</summary>
/// <remarks>
/// Decodes the measured-boot log, in SHA-1 or crypto-agile format, and returns one object for each event: the PCR, the
/// type by number and name, the event's own description, its digests and its data. For a missing or damaged log it
/// reports an error that names the byte. Test-TpmEventLog compares the log with the PCRs.
/// </remarks>
/// <example>
/// <code>Get-TpmEventLog -Pcr 7</code>
/// <para>Shows the Secure Boot measurements.</para>
/// </example>
/// <example>
/// <code>Get-TpmEventLog -Type EV_EFI_BOOT_SERVICES_* | Format-List</code>
/// <para>Shows which programs the firmware started, with their digests.</para>
/// </example>
/// <seealso>Test-TpmEventLog</seealso>
[Cmdlet(VerbsCommon.Get, "TpmEventLog")]
[OutputType(typeof(BootEvent))]
public sealed class GetTpmEventLogCommand : TbsCmdlet
{
    /// <summary>Only the events of these PCRs.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("PcrIndex")]
    [ValidateRange(0, 23)]
    public int[]? Pcr { get; set; }

    /// <summary>Only events of these types, by name or wildcard.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Type { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        long? next = 0;
        while (next is { } first)
        {
            RpcParameters parameters = new() { ["first"] = first };
            foreach (BootEvent one in Call("eventLog/get", parameters, page => ReadPage(page, out next))) WriteIfWanted(one);
        }
    }

    private static BootEvent[] ReadPage(JsonValue page, out long? next)
    {
        next = page.Int64OrNull("next");
        return page.List("events", BootEvent.Read);
    }

    private void WriteIfWanted(BootEvent one)
    {
        if (Pcr is not null && Array.IndexOf(Pcr, (int)one.PcrIndex) < 0) return;
        if (Type is not null && !Array.Exists(Type, pattern => Matches(pattern, one.TypeName))) return;
        WriteObject(one);
    }

    private static bool Matches(string pattern, string name) =>
        WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant).IsMatch(name);
}
