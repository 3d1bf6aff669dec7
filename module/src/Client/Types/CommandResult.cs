using System;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The TPM's response to a command.</summary>
public sealed class CommandResult
{
    /// <summary>The response code.</summary>
    public uint ResponseCode { get; private set; }

    /// <summary>The name of the response code.</summary>
    public string ResponseName { get; private set; } = "";

    /// <summary>Whether the response code is 0.</summary>
    public bool Success => ResponseCode == 0;

    /// <summary>The complete response.</summary>
    public ByteList Response { get; private set; } = null!;

    /// <summary>The complete response in hexadecimal.</summary>
    public string ResponseHex => Response.ToString();

    /// <summary>The priority that applied (TBS_COMMAND_PRIORITY).</summary>
    public long AppliedPriority { get; private set; }

    /// <summary>The time that the command waited for the TPM.</summary>
    public TimeSpan Wait { get; private set; }

    /// <summary>The time that the TPM took to execute it.</summary>
    public TimeSpan Duration { get; private set; }

    /// <inheritdoc/>
    public override string ToString() => $"{ResponseName} (0x{ResponseCode:X8})";

    internal static CommandResult Read(JsonValue json) => new()
    {
        ResponseCode = json.UInt32("responseCode"),
        ResponseName = json.Text("responseName"),
        Response = new(json.Bytes("response")),
        AppliedPriority = json.Int64("appliedPriority"),
        Wait = json.Milliseconds("waitMs"),
        Duration = json.Milliseconds("durationMs"),
    };
}
