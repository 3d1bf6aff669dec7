using System;
using System.Management.Automation;
using TpmTbs.Client;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Shows the policy in force, each setting with its source.</summary>
/// <remarks>
/// Returns one object for each setting: its value, its source (default, configuration, a policy.d file, a Registry.pol,
/// a GPO of the domain or the registry) and the problems that were found with it. With -Problem it returns every value
/// that was ignored, limited or refused in the sources. With -Explain it returns every source that mentions a setting,
/// strongest first, and which of them decides: the resultant set of policy.
/// </remarks>
/// <example>
/// <code>Get-TbsPolicy</code>
/// <para>Shows all settings with their sources.</para>
/// </example>
/// <example>
/// <code>Get-TbsPolicy standardUser*</code>
/// <para>Shows the lockout settings.</para>
/// </example>
/// <example>
/// <code>(Get-TbsPolicy blockedCommands -Explain).Statements</code>
/// <para>Shows every source of the blocked list, and which one decides.</para>
/// </example>
/// <seealso>Set-TbsPolicy</seealso>
/// <seealso>Export-TbsPolicyReport</seealso>
[Cmdlet(VerbsCommon.Get, "TbsPolicy", DefaultParameterSetName = "Setting")]
[OutputType(typeof(PolicySetting), ParameterSetName = new[] { "Setting" })]
[OutputType(typeof(PolicyExplanation), ParameterSetName = new[] { "Explain" })]
[OutputType(typeof(PolicyProblem), ParameterSetName = new[] { "Problem" })]
public sealed class GetTbsPolicyCommand : TbsCmdlet
{
    /// <summary>Only settings whose name matches; wildcards are allowed.</summary>
    [Parameter(Position = 0, ParameterSetName = "Setting", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, ParameterSetName = "Explain", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(SettingCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = new[] { "*" };

    /// <summary>Returns every source of each setting, and which one decides.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Explain")]
    public SwitchParameter Explain { get; set; }

    /// <summary>Returns the problems of the sources instead of the settings.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Problem")]
    public SwitchParameter Problem { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (Problem)
        {
            WriteObject(Call("policy/get", static state => state.List("problems", PolicyProblem.Read)), true);
        }
        else if (Explain)
        {
            PolicyExplanation[] explained = Call("policy/explain", static state => state.List("settings", PolicyExplanation.Read));
            WriteMatching(explained, static one => one.Name);
        }
        else
        {
            WriteMatching(Call("policy/get", PolicySetting.ReadAll), static one => one.Name);
        }
    }

    private void WriteMatching<T>(T[] settings, Func<T, string> nameOf) where T : class
    {
        foreach (string pattern in Name)
        {
            ForObject(pattern, () =>
            {
                WildcardPattern wildcard = WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
                T[] matching = Array.FindAll(settings, one => wildcard.IsMatch(nameOf(one)));
                WriteObject(matching, true);
                if (matching.Length > 0 || WildcardPattern.ContainsWildcardCharacters(pattern)) return;
                throw TbsErrors.BadParameter($"There is no setting '{pattern}'.", "Get-TbsPolicy without parameters shows all settings.", pattern);
            });
        }
    }
}
