using System.Collections.Generic;
using System.Management.Automation;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Sends a command to the TPM and returns its response.</summary>
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
        if (ParameterSetName == "Path") ForObject(Path, () => Submit(InputFile.ReadAll(this, Path)));
        else ForObject(Command, () => Submit(Command));
    }

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
