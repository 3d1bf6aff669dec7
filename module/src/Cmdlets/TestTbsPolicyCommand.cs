using System;
using System.Collections;
using System.Collections.Generic;
using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Tests whether the policy in force is as desired.</summary>
/// <remarks>
/// Compares the policy in force, whatever its sources, with the desired settings and returns one object: Compliant, and
/// the differences. Sets $LASTEXITCODE to 0 if compliant, 1 if not, and 2 if it cannot compare, for example because the
/// broker is not running. With -Exit the session ends with that code, for scheduled jobs. Changes nothing.
/// </remarks>
/// <example>
/// <code>Test-TbsPolicy -Path desired.json</code>
/// <para>Shows whether the machine is compliant and what differs.</para>
/// </example>
/// <example>
/// <code>if (-not (Test-TbsPolicy -Setting @{ blockedCommandsEnabled = $true }).Compliant) { 'Blocking is off.' }</code>
/// <para>Uses the result in a script.</para>
/// </example>
/// <seealso>Set-TbsPolicy</seealso>
[Cmdlet(VerbsDiagnostic.Test, "TbsPolicy", DefaultParameterSetName = "Path")]
[OutputType(typeof(PolicyCompliance))]
public sealed class TestTbsPolicyCommand : TbsCmdlet
{
    private const int NotCompliant = 1;
    private const int NotCompared = 2;

    private int exitCode;

    /// <summary>A JSON file of desired settings, in the form of Export-TbsPolicy.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Path", ValueFromPipelineByPropertyName = true)]
    [Alias("FullName")]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The desired settings as a hashtable of names and values.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Setting")]
    public Hashtable? Setting { get; set; }

    /// <summary>Ends the session with exit code 0 if compliant, 1 if not, and 2 if it cannot compare.</summary>
    [Parameter]
    public SwitchParameter Exit { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        // Whatever ends the comparison before it has an answer leaves this code.
        int before = exitCode;
        Remember(NotCompared);
        ForObject(Path, () =>
        {
            Dictionary<string, object?> desired = Setting is null ? PolicyInput.FromFile(this, Path!) : PolicyInput.Of(Setting);
            PolicyCompliance compliance = Call("policy/test", new RpcParameters { ["settings"] = desired }, PolicyCompliance.Read);
            compliance.Path = Path;
            Remember(compliance.Compliant ? before : Math.Max(before, NotCompliant));
            WriteObject(compliance);
        });
    }

    /// <inheritdoc/>
    protected override void Finish()
    {
        if (Exit) EndSession();
    }

    /// <inheritdoc/>
    protected override bool Failed(TbsException exception)
    {
        if (!Exit) return false;
        WriteError(exception.ErrorRecord);
        EndSession();
        return true;
    }

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
