using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace TpmTbs.PowerShellHost.Host;

/// <summary>Runs one pipeline at a time with its output shown, and stops it on request from another thread.</summary>
internal sealed class PipelineRunner(Runspace runspace, ConsoleInterface ui)
{
    private readonly Lock gate = new();
    private readonly Stack<Pipeline> running = new();

    /// <summary>True if the last pipeline was stopped by <see cref="StopCurrent"/>.</summary>
    public bool WasStopped { get; private set; }

    /// <summary>
    /// Runs the pipeline through Out-Default; its errors are shown in their place among the output.
    /// </summary>
    /// <returns>What ended the pipeline before its end, already shown to the user; null if nothing did.</returns>
    public Exception? RunShown(Pipeline pipeline, IEnumerable<object>? input = null)
    {
        var failure = RunWithOutput(pipeline, input);
        if (failure is not null)
        {
            Report(failure);
        }

        return failure;
    }

    /// <summary>As <see cref="RunShown"/>, but leaves it to the caller to tell about what ended the pipeline.</summary>
    public Exception? RunWithOutput(Pipeline pipeline, IEnumerable<object>? input = null)
    {
        pipeline.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        pipeline.Commands.Add(new Command("Out-Default", isScript: false, useLocalScope: true));
        var (_, failure) = Run(pipeline, input);
        ui.ClearProgress();
        return failure;
    }

    /// <summary>Runs a pipeline of the host's own, such as the prompt function.</summary>
    public (IReadOnlyList<PSObject> Output, Exception? Failure) Run(Pipeline pipeline, IEnumerable<object>? input = null)
    {
        lock (gate)
        {
            running.Push(pipeline);
            WasStopped = false;
        }

        try
        {
            if (input is null)
            {
                return (pipeline.Invoke(), null);
            }

            return (InvokeWithStreamedInput(pipeline, input), null);
        }
        catch (RuntimeException failure)
        {
            return ([], failure);
        }
        finally
        {
            lock (gate)
            {
                running.Pop();
            }

            pipeline.Dispose();
        }
    }

    /// <summary>Stops what runs now; returns false if nothing does. Returns at once: the pipeline may take a moment.</summary>
    public bool StopCurrent()
    {
        lock (gate)
        {
            if (!running.TryPeek(out var pipeline) || pipeline.PipelineStateInfo.State != PipelineState.Running)
            {
                return running.Count > 0;
            }

            WasStopped = true;
            pipeline.StopAsync();
            return true;
        }
    }

    /// <summary>Shows what ended a pipeline as an error, by the same formats as every other error.</summary>
    public void Report(Exception failure)
    {
        if (failure is PipelineStoppedException)
        {
            return;
        }

        var record = (failure as IContainsErrorRecord)?.ErrorRecord
            ?? new ErrorRecord(failure, "ConsoleHost.ReportException", ErrorCategory.NotSpecified, null);
        var shown = PSObject.AsPSObject(record);
        EngineInternals.MarkAsErrorOutput(shown);
        var pipeline = CreatePipeline();
        pipeline.Commands.Add(new Command("Out-Default", isScript: false, useLocalScope: true));
        pipeline.Input.Write(shown);
        pipeline.Input.Close();
        var (_, second) = Run(pipeline);
        if (second is not null)
        {
            ui.WriteErrorLine(failure.Message);
        }
    }

    /// <summary>A pipeline that may run now: a nested one when another is running.</summary>
    public Pipeline CreatePipeline(string? script = null, bool addToHistory = false)
    {
        bool nested;
        lock (gate)
        {
            nested = running.Count > 0;
        }

        return (nested, script) switch
        {
            (true, null) => runspace.CreateNestedPipeline(),
            (true, _) => runspace.CreateNestedPipeline(script, addToHistory),
            (false, null) => runspace.CreatePipeline(),
            (false, _) => runspace.CreatePipeline(script, addToHistory),
        };
    }

    /// <summary>Feeds input while the pipeline runs, so that the first line is worked on before the last has come.</summary>
    private static IReadOnlyList<PSObject> InvokeWithStreamedInput(Pipeline pipeline, IEnumerable<object> input)
    {
        using var ended = new ManualResetEventSlim();
        pipeline.StateChanged += (_, change) =>
        {
            if (change.PipelineStateInfo.State is PipelineState.Completed or PipelineState.Failed or PipelineState.Stopped)
            {
                ended.Set();
            }
        };
        pipeline.InvokeAsync();
        try
        {
            foreach (var item in input)
            {
                pipeline.Input.Write(item);
            }

            pipeline.Input.Close();
        }
        catch (PipelineClosedException)
        {
            // The pipeline has ended without wanting more.
        }

        ended.Wait();
        if (pipeline.PipelineStateInfo is { State: PipelineState.Failed, Reason: { } reason })
        {
            throw reason as RuntimeException ?? new RuntimeException(reason.Message, reason);
        }

        return [.. pipeline.Output.NonBlockingRead()];
    }
}
