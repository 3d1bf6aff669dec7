using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Management.Automation;
using TpmTbs.Client;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Shows the commands of the TPM and who may send them.</summary>
/// <remarks>
/// Returns every command that the broker knows, with its verdict for administrators, standard users and sandboxed apps.
/// The Verdicts property contains the deciding list, its source, the reason, and what would lift a block.
/// </remarks>
/// <example>
/// <code>Get-TbsCommandBlock -Blocked -Class StandardUser</code>
/// <para>Shows what a standard user may not send.</para>
/// </example>
/// <example>
/// <code>Get-TbsCommandBlock TPM2_Clear | Select-Object -ExpandProperty Verdicts</code>
/// <para>Shows why, for each caller class.</para>
/// </example>
/// <seealso>Test-TbsCommandBlock</seealso>
[Cmdlet(VerbsCommon.Get, "TbsCommandBlock")]
[OutputType(typeof(CommandBlock))]
public sealed class GetTbsCommandBlockCommand : TbsCmdlet
{
    /// <summary>Only commands whose name matches; wildcards are allowed. A code such as 0x17B or 379 is accepted too.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(CommandCompleter))]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    /// <summary>Only the commands with these codes (TPM 1.2 ordinals or TPM 2.0 command codes).</summary>
    [Parameter]
    [ArgumentCompleter(typeof(CommandCompleter))]
    public uint[]? Ordinal { get; set; }

    /// <summary>Only commands that are blocked: for the caller class in -Class, or for any.</summary>
    [Parameter]
    public SwitchParameter Blocked { get; set; }

    /// <summary>Only commands for which this list decides; NotAllowed: commands on no allowed list.</summary>
    [Parameter]
    [ValidateSet("Policy", "Default", "Local", "Allowed", "Granted", "HandleRule", "NotAllowed")]
    public string? List { get; set; }

    /// <summary>The caller class to which -Blocked and -List refer.</summary>
    [Parameter]
    [ValidateSet("Administrator", "StandardUser", "SandboxedApp")]
    public string? Class { get; set; }

    /// <summary>The TPM family whose commands to show; default: that of the machine's TPM.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateSet("1.2", "2.0")]
    public string? TpmVersion { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        RpcParameters parameters = new() { ["tpmVersion"] = TpmVersion };
        CommandBlock[] commands = Call("commandBlock/list", parameters, static json => json.List("commands", CommandBlock.Read));
        HashSet<string> found = new(StringComparer.Ordinal);
        foreach (CommandBlock command in commands)
        {
            if (IsWanted(command, found) && IsDecidedAsWanted(command)) WriteObject(command);
        }
        ReportMissing(found);
    }

    /// <summary>Whether -Name or -Ordinal selects a command. Adds the ones that do to <paramref
    /// name="found"/>.</summary>
    private bool IsWanted(CommandBlock command, HashSet<string> found)
    {
        if (Ordinal is { Length: > 0 })
        {
            if (Array.IndexOf(Ordinal, command.Ordinal) < 0) return false;
            found.Add(command.Ordinal.ToString(CultureInfo.InvariantCulture));
        }
        if (Name is not { Length: > 0 }) return true;
        bool matches = false;
        foreach (string pattern in Name)
        {
            if (!Matches(command, pattern)) continue;
            found.Add(pattern);
            matches = true;
        }
        return matches;
    }

    /// <summary>A pattern for the name, with or without its prefix, or a code in decimal or hexadecimal.</summary>
    private static bool Matches(CommandBlock command, string pattern)
    {
        const WildcardOptions Options = WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant;
        if (WildcardPattern.Get(pattern, Options).IsMatch(command.Name)) return true;
        if (WildcardPattern.Get("TPM*_" + pattern, Options).IsMatch(command.Name)) return true;
        bool isHexadecimal = pattern.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        string digits = isHexadecimal ? pattern.Substring(2) : pattern;
        NumberStyles style = isHexadecimal ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        return uint.TryParse(digits, style, CultureInfo.InvariantCulture, out uint code) && code == command.Ordinal;
    }

    private bool IsDecidedAsWanted(CommandBlock command)
    {
        if (!Blocked && List is null) return true;
        return command.Verdicts.Any(verdict =>
            (Class is null || Same(verdict.Class.ToString(), Class))
            && (!Blocked || verdict.Blocked)
            && (List is null || Same(verdict.DecidingList?.ToString(), List)));
    }

    private static bool Same(string? left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    private void ReportMissing(HashSet<string> found)
    {
        foreach (string wanted in Name ?? Array.Empty<string>())
        {
            if (!WildcardPattern.ContainsWildcardCharacters(wanted)) ReportUnlessFound(wanted, wanted, found);
        }
        foreach (uint wanted in Ordinal ?? Array.Empty<uint>()) ReportUnlessFound(wanted.ToString(CultureInfo.InvariantCulture), wanted, found);
    }

    private void ReportUnlessFound(string wanted, object target, HashSet<string> found) => ForObject(target, () =>
    {
        if (found.Contains(wanted)) return;
        throw TbsErrors.BadParameter($"There is no command '{wanted}' on the broker's lists.",
            "Get-TbsCommandBlock without parameters shows those that there are; -TpmVersion chooses the TPM family.", target);
    });
}
