using System;
using System.Collections;
using System.Collections.Generic;
using System.Management.Automation;
using TpmTbs.Client;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Sets policy settings in the broker's local policy file.</summary>
/// <remarks>
/// Writes the settings that differ into the local policy file and returns the differences. It does not change settings
/// that already have the desired value, so you can run it repeatedly. -WhatIf shows the differences. Names of settings,
/// classes and commands are case-insensitive, and the cmdlet reads numbers in text as PowerShell does (120.0, 1e2, 1KB) if
/// they are whole, so you can set the output of Get-TbsPolicy again, even after conversion to CSV, JSON or CLIXML.
/// osManagedAuthLevel may be a name, such as Full. Stronger sources, such as a GPO of the domain, still win: the
/// difference then names the source. The cmdlet also writes a value that only Group Policy has put into force, so that
/// the value stays when the GPO is removed. For administrators.
/// </remarks>
/// <example>
/// <code>Set-TbsPolicy standardUserAuthorizationFailureDurationMinutes 60</code>
/// <para>Makes failures count for an hour.</para>
/// </example>
/// <example>
/// <code>Set-TbsPolicy -Path desired.json -WhatIf</code>
/// <para>Shows what differs from the file.</para>
/// </example>
/// <example>
/// <code>Import-Csv desired.csv | Set-TbsPolicy</code>
/// <para>Sets each row's Name to its Value.</para>
/// </example>
/// <seealso>Test-TbsPolicy</seealso>
[Cmdlet(VerbsCommon.Set, "TbsPolicy", SupportsShouldProcess = true, DefaultParameterSetName = "Name")]
[OutputType(typeof(PolicyDifference))]
public sealed class SetTbsPolicyCommand : TbsCmdlet
{
    /// <summary>The setting's name, as Get-TbsPolicy shows it.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Name", ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(SettingCompleter))]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = null!;

    /// <summary>Its value. $null removes the setting from the local file, so that weaker sources decide.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = "Name", ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public object? Value { get; set; }

    /// <summary>Several settings: a hashtable of names and values.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Setting")]
    public Hashtable Setting { get; set; } = null!;

    /// <summary>A JSON file of settings, in the form of Export-TbsPolicy.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Path")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = null!;

    /// <inheritdoc/>
    protected override void Process() => ForObject(TargetObject, SetDifferences);

    private object TargetObject => ParameterSetName switch { "Name" => Name, "Path" => Path, _ => Setting };

    private Dictionary<string, object?> Wanted() => ParameterSetName switch
    {
        "Setting" => PolicyInput.Of(Setting),
        "Path" => PolicyInput.FromFile(this, Path),
        _ => new(StringComparer.OrdinalIgnoreCase) { [Name] = PolicyValue.ToSend(Value) },
    };

    private void SetDifferences()
    {
        Dictionary<string, object?> wanted = Wanted();
        foreach (PolicyDifference difference in Differences(wanted, isTrial: true))
        {
            string now = $"(now {PolicyValue.Shown(difference.Current)}, from {difference.Source})";
            string change = difference.Desired is null
                ? $"Remove from the local policy file {now}"
                : $"Set {PolicyValue.Shown(difference.Desired)} {now}";
            if (!Confirmed(difference.Name, change)) continue;
            Dictionary<string, object?> one = new(StringComparer.Ordinal) { [difference.Name] = wanted[difference.Name] };
            WriteObject(Differences(one, isTrial: false), true);
        }
    }

    private PolicyDifference[] Differences(Dictionary<string, object?> settings, bool isTrial) => Call(
        "policy/set",
        new RpcParameters { ["settings"] = settings, ["dryRun"] = isTrial },
        static json => json.List("differences", PolicyDifference.Read));
}
