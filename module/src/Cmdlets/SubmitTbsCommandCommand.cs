using System.Collections.Generic;
using System.Management.Automation;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Sends a command to the TPM and returns its response.</summary>
/// <remarks>
/// Sends one whole TPM command, as bytes, as hexadecimal text or from a file, and returns the response code with its
/// name, the bytes, the duration and the priority that applied. An error response of the TPM is not an error of the
/// cmdlet; it is in ResponseCode. A refusal by the broker is an error: TbsCommandBlocked, TbsLockout and so on. Ctrl+C
/// cancels a queued command. Without -Context the command runs in a temporary context that is closed afterwards.
/// </remarks>
/// <example>
/// <code>Submit-TbsCommand '8001 0000000C 0000017B 0008'</code>
/// <para>Gets eight random bytes from a TPM 2.0.</para>
/// </example>
/// <example>
/// <code>Submit-TbsCommand -Path ./command.bin -Priority High -TimeoutSeconds 5</code>
/// <para>Sends a command from a file.</para>
/// </example>
/// <seealso>New-TbsContext</seealso>
[Cmdlet(VerbsLifecycle.Submit, "TbsCommand", SupportsShouldProcess = true, DefaultParameterSetName = "Command")]
[OutputType(typeof(CommandResult))]
public sealed class SubmitTbsCommandCommand : TbsCmdlet
{
    private List<byte>? piped;

    /// <summary>The command: a byte array, or hexadecimal text with or without 0x, spaces and colons. Bytes may be piped.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Command", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Bytes", "Hex")]
    [ValidateNotNullOrEmpty]
    public object Command { get; set; } = null!;

    /// <summary>A file with the command's bytes.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Path", ValueFromPipelineByPropertyName = true)]
    [Alias("FullName")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = null!;

    /// <summary>The context to use: the object from New-TbsContext, or its ContextId.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("ContextId")]
    [ArgumentCompleter(typeof(ContextCompleter))]
    public object? Context { get; set; }

    /// <summary>Low, Normal, High, System, Max, or a number; for standard users at most High.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(PriorityCompleter))]
    public string Priority { get; set; } = "Normal";

    /// <summary>The locality; administrators may use 1 to 3 if the transport supports them.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, 4)]
    public int Locality { get; set; }

    /// <summary>Cancels the command if it is still queued after this many seconds (TbsCommandCanceled).</summary>
    [Parameter]
    [ValidateRange(0.001, 86400.0)]
    public double TimeoutSeconds { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (Command is PSObject { BaseObject: byte single })
        {
            (piped ??= new List<byte>()).Add(single);
            return;
        }
        if (Command is PSObject { BaseObject: PSCustomObject } row) Command = CommandOf(row);
        if (ParameterSetName == "Path") ForObject(Path, () => Submit(InputFile.ReadAll(this, Path)));
        else ForObject(Command, () => Submit(Command));
    }

    /// <summary>Returns the command in a row, such as one of Import-Csv, which PowerShell binds whole because -Command takes any object.</summary>
    private static object CommandOf(PSObject row) =>
        (row.Properties["Command"] ?? row.Properties["Bytes"] ?? row.Properties["Hex"])?.Value ?? row;

    /// <inheritdoc/>
    protected override void Finish()
    {
        if (piped is not null) ForObject(null, () => Submit(piped.ToArray()));
    }

    private void Submit(object command)
    {
        Submission submission = Submission.Of(command, Context, Priority, Locality, TimeoutSeconds);
        if (!Confirmed("TPM", $"Send a command of {submission.CommandBytes} bytes")) return;
        WriteObject(submission.Send((method, parameters) => Call(method, parameters, CommandResult.Read)));
    }
}
