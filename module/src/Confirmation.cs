using System;
using System.Collections.ObjectModel;
using System.IO;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace TpmTbs;

/// <summary>
/// Asks whether a cmdlet may continue, as -WhatIf, -Confirm and the preference variables require. PowerShell takes an empty
/// line for yes. If the input comes from a script or a pipe, an empty line may not be an answer at all, so then only a
/// written yes counts.
/// </summary>
internal sealed class Confirmation
{
    private const int Yes = 0, YesToAll = 1, No = 2, NoToAll = 3;

    /// <summary>The attributes of the cmdlets that have asked, since reading one by reflection takes longer than the rest.</summary>
    private static readonly ConditionalWeakTable<Type, CmdletAttribute> Declarations = new();

    private readonly PSCmdlet cmdlet;

    /// <summary>The answer to all further prompts, once the user has chosen Yes to All or No to All.</summary>
    private bool? answerToAll;

    internal Confirmation(PSCmdlet cmdlet) => this.cmdlet = cmdlet;

    /// <summary>Returns the answer; false for -WhatIf.</summary>
    /// <exception cref="System.Exception">The prompt cannot be shown.</exception>
    internal bool Ask(string target, string action)
    {
        if (!StandardInput.Answers(cmdlet.Host) || !MustAsk) return cmdlet.ShouldProcess(target, action);
        if (StandardInput.WasClosed) throw new EndOfStreamException("Standard input is closed.");
        return StandardInput.IsRedirected ? AskForWrittenAnswer(target, action) : cmdlet.ShouldProcess(target, action);
    }

    private bool MustAsk
    {
        get
        {
            if (IsTrue("WhatIf", Preference("WhatIfPreference", false))) return false;
            return IsTrue("Confirm", Preference("ConfirmPreference", ConfirmImpact.High) is var asksFrom
                && asksFrom != ConfirmImpact.None && Impact >= asksFrom);
        }
    }

    private ConfirmImpact Impact =>
        Declarations.GetValue(cmdlet.GetType(), static type => type.GetCustomAttribute<CmdletAttribute>()!).ConfirmImpact;

    private bool IsTrue(string parameter, bool otherwise) =>
        cmdlet.MyInvocation.BoundParameters.TryGetValue(parameter, out object? given) && given is SwitchParameter isSet
            ? isSet.IsPresent
            : otherwise;

    private T Preference<T>(string name, T otherwise) =>
        LanguagePrimitives.TryConvertTo(cmdlet.GetVariableValue(name), out T value) ? value : otherwise;

    private bool AskForWrittenAnswer(string target, string action)
    {
        if (answerToAll is bool known) return known;
        Collection<ChoiceDescription> choices = new()
        {
            new("&Yes", "Continues."),
            new("Yes to &All", "Continues, and does not ask again."),
            new("&No", "Does nothing."),
            new("No to A&ll", "Does nothing, and does not ask again."),
        };
        int answer = cmdlet.Host.UI.PromptForChoice("Confirm", $"Perform the operation \"{action}\" on target \"{target}\"?", choices, No);
        if (answer is YesToAll or NoToAll) answerToAll = answer == YesToAll;
        return answer is Yes or YesToAll;
    }
}
