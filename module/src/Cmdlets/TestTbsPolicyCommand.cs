using System;
using System.Collections;
using System.Collections.Generic;
using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Tests whether the policy in force is as desired.</summary>
/// <remarks>
/// Compares the policy in force, whatever its sources, with the desired settings and returns one object for each file or
/// hashtable: Compliant, and the differences. Sets $LASTEXITCODE to 0 if compliant, 1 if not, and 2 if it cannot compare,
/// for example because the broker is not running. It is an error, with code 2, if there is nothing to compare: no input,
/// or desired settings without any setting. Of several inputs the highest code counts. With -Exit the session ends with
/// that code, for scheduled jobs. If PowerShell refuses the parameters, for example a misspelled name, the cmdlet does
/// not run and sets no code. Changes nothing.
/// </remarks>
/// <example>
/// <code>Test-TbsPolicy -Path desired.json</code>
/// <para>Shows whether the machine is compliant and what differs.</para>
/// </example>
/// <example>
/// <code>if (-not (Test-TbsPolicy -Setting @{ blockedCommandsEnabled = $true }).Compliant) { 'Blocking is off.' }</code>
/// <para>Uses the result in a script.</para>
/// </example>
/// <example>
/// <code>Get-Item desired*.json | Test-TbsPolicy</code>
/// <para>Compares the policy with several files.</para>
/// </example>
/// <seealso>Set-TbsPolicy</seealso>
[Cmdlet(VerbsDiagnostic.Test, "TbsPolicy", DefaultParameterSetName = "Path")]
[OutputType(typeof(PolicyCompliance))]
public sealed class TestTbsPolicyCommand : TbsCmdlet
{
    private const int NotCompliant = 1;
    private const int NotCompared = 2;

    private int exitCode;
    private bool hasInput;

    /// <summary>A JSON file of desired settings, in the form of Export-TbsPolicy.</summary>
    [Parameter(Position = 0, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("FullName")]
    [AllowNull]
    [AllowEmptyString]
    public string? Path { get; set; }

    /// <summary>The desired settings as a hashtable of names and values.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Setting", ValueFromPipeline = true)]
    [AllowNull]
    public Hashtable? Setting { get; set; }

    /// <summary>Ends the session with exit code 0 if compliant, 1 if not, and 2 if it cannot compare.</summary>
    [Parameter]
    public SwitchParameter Exit { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        hasInput = true;
        // Whatever ends the comparison before it has an answer leaves this code.
        int before = exitCode;
        Remember(NotCompared);
        try
        {
            if (EndsAtErrors) Compare(before);
            else ForObject(Path, () => Compare(before));
        }
        catch (Exception exception) when (Exit && exception is not TbsException and not OperationCanceledException)
        {
            // A later command of the pipeline, such as Select-Object -First 1, takes no more objects, so Finish does not run.
            EndSession();
        }
    }

    private void Compare(int before)
    {
        PolicyCompliance compliance = Call("policy/test", new RpcParameters { ["settings"] = Desired() }, PolicyCompliance.Read);
        compliance.Path = Path;
        Remember(compliance.Compliant ? before : Math.Max(before, NotCompliant));
        WriteObject(compliance);
    }

    /// <summary>
    /// Returns the desired settings. An empty parameter is refused here, not when parameters are bound: there it would end
    /// only its statement, and a script with -Exit would end with 0. So -Path is not mandatory either.
    /// </summary>
    private Dictionary<string, object?> Desired()
    {
        if (Setting is null && string.IsNullOrEmpty(Path))
        {
            throw TbsErrors.BadParameter($"-{ParameterSetName} is empty.", "Give it a value; a variable may have another name.", null);
        }
        Dictionary<string, object?> settings = Setting is not null ? PolicyInput.Of(Setting) : PolicyInput.FromFile(this, Path!);
        if (settings.Count > 0) return settings;
        // The policy would comply with it, whatever it is.
        throw TbsErrors.BadParameter($"There is nothing to compare: {(Setting is not null ? "-Setting" : $"'{Path}'")} names no setting.",
            "Name at least one setting; Get-TbsPolicy shows those that there are.", Path);
    }

    /// <inheritdoc/>
    protected override void Finish()
    {
        if (!hasInput) ReportNoInput();
        if (Exit) EndSession();
    }

    /// <summary>Fails if the pipeline had no object, or none that PowerShell could convert to a parameter.</summary>
    private void ReportNoInput()
    {
        Remember(NotCompared);
        TbsException exception = TbsErrors.BadParameter("There is nothing to compare: the pipeline had no file.",
            "See whether the command before it finds the files.", null);
        if (Exit) throw exception;
        WriteError(exception.ToRecord());
    }

    /// <inheritdoc/>
    protected override bool Failed(TbsException exception)
    {
        if (!Exit) return false;
        if (EndsAtErrors) Host.UI.WriteErrorLine($"{MyInvocation.MyCommand.Name}: {exception.ToRecord()}");
        else WriteError(exception.ToRecord());
        EndSession();
        return true;
    }

    /// <summary>
    /// Whether the session ends at the first error because the caller stops at errors. An error record would then end the
    /// caller's script first, whose exit code would be 1: not compliant.
    /// </summary>
    private bool EndsAtErrors => Exit && ErrorPreference is ActionPreference.Stop;

    private void Remember(int code)
    {
        exitCode = code;
        SessionState.PSVariable.Set("global:LASTEXITCODE", code);
    }

    /// <summary>
    /// Acts like the keyword exit at the top level of a script. That keyword itself, run from here, would end only its
    /// own script if the caller was started with -File.
    /// </summary>
    private void EndSession()
    {
        Host.SetShouldExit(exitCode);
        throw new PipelineStoppedException();
    }
}
