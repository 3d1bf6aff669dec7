using System;
using System.Management.Automation;
using System.Threading;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>
/// What every cmdlet of the module has: broker calls that Ctrl+C cancels, broker errors as error records, and confirmation
/// prompts that never default to yes. Cmdlets override <see cref="Start"/>, <see cref="Process"/> and <see cref="Finish"/>,
/// and throw <see cref="TbsException"/>.
/// </summary>
public abstract class TbsCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private bool ended;
    private Confirmation? confirmation;

    /// <summary>Cancelled when the pipeline is stopped.</summary>
    private protected CancellationToken StopToken => stopping.Token;

    /// <summary>Runs before the first object of the pipeline.</summary>
    protected virtual void Start()
    {
    }

    /// <summary>Runs for each object of the pipeline, or once without pipeline input.</summary>
    protected virtual void Process()
    {
    }

    /// <summary>Runs after the last object of the pipeline.</summary>
    protected virtual void Finish()
    {
    }

    /// <summary>Called when the whole cmdlet fails. Returns true if the cmdlet has handled the error itself.</summary>
    protected virtual bool Failed(TbsException exception) => false;

    /// <inheritdoc/>
    protected sealed override void BeginProcessing() => Run(Start);

    /// <inheritdoc/>
    protected sealed override void ProcessRecord() => Run(Process);

    /// <inheritdoc/>
    protected sealed override void EndProcessing() => Run(Finish);

    /// <inheritdoc/>
    protected sealed override void StopProcessing() => stopping.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the resources of the cmdlet.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing) stopping.Dispose();
    }

    /// <summary>Calls a method of the broker and converts its result with <paramref name="read"/>.</summary>
    private protected T Call<T>(string method, RpcParameters? parameters, Func<JsonValue, T> read)
    {
        WriteVerbose($"Calling {method} at {BrokerAddress.Current}.");
        return BrokerClient.Call(method, parameters, read, StopToken);
    }

    /// <summary>Calls a method that takes no parameters.</summary>
    private protected T Call<T>(string method, Func<JsonValue, T> read) => Call(method, null, read);

    /// <summary>Calls a method that concerns one object, and makes that object the target of any error.</summary>
    private protected T CallAbout<T>(object target, string method, RpcParameters parameters, Func<JsonValue, T> read)
    {
        try
        {
            return Call(method, parameters, read);
        }
        catch (TbsException exception)
        {
            exception.TargetObject ??= target;
            throw;
        }
    }

    /// <summary>Calls a method and ignores its result.</summary>
    private protected void Call(string method, RpcParameters? parameters) => Call(method, parameters, static result => result);

    /// <summary>
    /// Processes one object: reports an error for that object and continues with the next. An error that would affect every
    /// remaining object, such as a stopped broker, ends the cmdlet.
    /// </summary>
    private protected void ForObject(object? target, Action work)
    {
        try
        {
            work();
        }
        catch (TbsException exception) when (!exception.EndsCommand)
        {
            exception.TargetObject = target ?? exception.TargetObject;
            WriteError(exception.ToRecord());
        }
    }

    /// <summary>
    /// Asks for confirmation as -WhatIf, -Confirm and the preference variables require. If the prompt cannot be shown, the
    /// answer is no: the cmdlet fails and changes nothing.
    /// </summary>
    internal bool Confirmed(string target, string action)
    {
        try
        {
            return (confirmation ??= new Confirmation(this)).Ask(target, action);
        }
        catch (Exception exception) when (exception is not PipelineStoppedException and not ActionPreferenceStopException)
        {
            throw TbsErrors.CannotAsk(target, action, exception);
        }
    }

    /// <summary>The only place that turns errors into terminating error records.</summary>
    private void Run(Action work)
    {
        if (ended) return;
        try
        {
            work();
        }
        catch (TbsException exception)
        {
            ended = true;
            if (Failed(exception)) return;
            if (!IsSilenced) ThrowTerminatingError(exception.ToRecord());
            WriteError(exception.ToRecord());
        }
        catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>PowerShell applies preferences only to non-terminating errors, but users expect them to cover all errors.</summary>
    private bool IsSilenced => ErrorPreference is ActionPreference.SilentlyContinue or ActionPreference.Ignore;

    /// <summary>What the caller wants at an error: -ErrorAction, or the preference of the calling script or function.</summary>
    private protected ActionPreference ErrorPreference
    {
        get
        {
            if (!MyInvocation.BoundParameters.TryGetValue("ErrorAction", out object? chosen)) chosen = GetVariableValue("ErrorActionPreference");
            return LanguagePrimitives.TryConvertTo(chosen, out ActionPreference preference) ? preference : ActionPreference.Continue;
        }
    }
}
