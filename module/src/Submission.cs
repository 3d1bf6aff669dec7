using System;
using System.Management.Automation;
using System.Threading;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The parameters of <c>command/submit</c>, built from user input.</summary>
internal sealed class Submission
{
    /// <summary>The number of pending submissions of this process that have no context.</summary>
    private static int withoutContext;

    private readonly RpcParameters parameters;
    private readonly uint? contextId;

    private Submission(RpcParameters parameters, uint? contextId)
    {
        this.parameters = parameters;
        this.contextId = contextId;
    }

    internal int CommandBytes { get; private set; }

    /// <exception cref="TbsException">A value is invalid.</exception>
    internal static Submission Of(object? command, object? context, string priority, int locality, double timeoutSeconds)
    {
        byte[] bytes = BytesOf(command) ?? throw Problem("The command is neither bytes nor hexadecimal text with whole bytes.");
        if (!CommandPriority.TryParse(priority, out long number))
        {
            throw Problem($"'{priority}' is no priority: Low, Normal, High, System, Max or a number from 1 to 2147483648.");
        }
        uint? contextId = context is null ? null : ContextIdOf(context) ?? throw Problem($"'{context}' is no context.");
        RpcParameters parameters = new()
        {
            ["contextId"] = contextId,
            ["command"] = Convert.ToBase64String(bytes),
            ["locality"] = locality,
            ["priority"] = number,
            ["deadlineMs"] = timeoutSeconds > 0 ? (long)Math.Ceiling(timeoutSeconds * 1000) : null,
        };
        return new Submission(parameters, contextId) { CommandBytes = bytes.Length };
    }

    /// <summary>Sends the submission. If the pipeline is stopped meanwhile, cancels the command at the broker.</summary>
    internal T Send<T>(Func<string, RpcParameters, T> call)
    {
        if (contextId is null) Interlocked.Increment(ref withoutContext);
        try
        {
            return call("command/submit", parameters);
        }
        catch (OperationCanceledException)
        {
            // Without a context, the broker cancels every such submission of the connection, so there must be only this one.
            if (contextId is not null || Volatile.Read(ref withoutContext) == 1)
            {
                BrokerClient.SendOnly("command/cancel", new RpcParameters { ["contextId"] = contextId });
            }
            throw;
        }
        finally
        {
            if (contextId is null) Interlocked.Decrement(ref withoutContext);
        }
    }

    private static byte[]? BytesOf(object? command)
    {
        switch (command is PSObject wrapped ? wrapped.BaseObject : command)
        {
            case string text:
                return HexadecimalText.ToBytes(text);
            case byte[] bytes:
                return bytes.Length == 0 ? null : bytes;
            case { } other:
                return LanguagePrimitives.TryConvertTo(other, out byte[] converted) && converted is { Length: > 0 } ? converted : null;
            default:
                return null;
        }
    }

    /// <summary>Returns the context id of an object from New-TbsContext, deserialized or not, or of a number.</summary>
    private static uint? ContextIdOf(object context)
    {
        if ((context is PSObject wrapped ? wrapped.BaseObject : context) is OpenedContext opened) return opened.ContextId;
        object? id = PSObject.AsPSObject(context).Properties["ContextId"]?.Value ?? context;
        return LanguagePrimitives.TryConvertTo(id, out uint number) && number > 0 ? number : null;
    }

    private static TbsException Problem(string message) =>
        TbsErrors.BadParameter(message, "Get-Help Submit-TbsCommand -Examples shows how.", null);
}
