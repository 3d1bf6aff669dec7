using System;
using System.Management.Automation;
using System.Threading;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>
/// What every cmdlet of the module has: calls of the broker that Ctrl+C ends, errors of the broker as error records, and
/// questions that are never taken as answered with yes. Cmdlets override <see cref="Start"/>, <see cref="Process"/> and
/// <see cref="Finish"/>, and throw <see cref="TbsException"/>.
/// </summary>
public abstract class TbsCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private bool ended;
    private Confirmation? confirmation;

    /// <summary>Cancelled when the pipeline is stopped.</summary>
    private protected CancellationToken StopToken => stopping.Token;

    /// <summary>Before the first object of the pipeline.</summary>
    protected virtual void Start()
    {
    }

    /// <summary>For each object of the pipeline, and once where none is piped.</summary>
    protected virtual void Process()
    {
    }

    /// <summary>After the last object of the pipeline.</summary>
    protected virtual void Finish()
    {
    }

    /// <summary>Called when the cmdlet fails as a whole; true when the cmdlet has dealt with that itself.</summary>
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

    /// <summary>Frees what the cmdlet holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing) stopping.Dispose();
    }

    /// <summary>Calls a method of the broker and returns what <paramref name="read"/> makes of its result.</summary>
    private protected T Call<T>(string method, RpcParameters? parameters, Func<JsonValue, T> read)
    {
        WriteVerbose($"Calling {method} at {BrokerAddress.Current}.");
        return BrokerClient.Call(method, parameters, read, StopToken);
    }

    /// <summary>Calls a method that takes no parameters.</summary>
    private protected T Call<T>(string method, Func<JsonValue, T> read) => Call(method, null, read);

    /// <summary>Calls a method about an object, which an error then names as its target.</summary>
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

    /// <summary>Calls a method whose result says nothing.</summary>
    private protected void Call(string method, RpcParameters? parameters) => Call(method, parameters, static result => result);

    /// <summary>
    /// Works on one object: an error is written as that object's, and the next one follows. What would meet every further
    /// object as well, such as a broker that does not run, ends the cmdlet.
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
            WriteError(exception.ErrorRecord);
        }
    }

    /// <summary>
    /// Asks for confirmation as -WhatIf, -Confirm and the preferences want it. A question that cannot be asked means no: it is
    /// an error, after which nothing was done.
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

    /// <summary>The one place where errors become terminating error records.</summary>
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
            if (!IsSilenced) ThrowTerminatingError(exception.ErrorRecord);
            WriteError(exception.ErrorRecord);
        }
        catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
    }

    /// <summary>PowerShell heeds -ErrorAction for errors of one object only; whoever gives it means every error.</summary>
    private bool IsSilenced =>
        MyInvocation.BoundParameters.TryGetValue("ErrorAction", out object? given)
        && LanguagePrimitives.TryConvertTo(given, out ActionPreference action)
        && action is ActionPreference.SilentlyContinue or ActionPreference.Ignore;
}
