using System;
using System.Management.Automation;
using System.Runtime.InteropServices;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>An error of the broker, or of the connection to it: <c>catch [TpmTbs.TbsException]</c>.</summary>
public sealed class TbsException : ExternalException, IContainsErrorRecord
{
    private readonly TbsResult result;
    private readonly Lazy<object?>? details;

    internal TbsException(string symbol, string message, string? action, Func<object?>? details = null, Exception? inner = null)
        : base(message, inner)
    {
        result = TbsResults.Of(symbol);
        Symbol = symbol;
        RecommendedAction = action;
        if (details is not null) this.details = new Lazy<object?>(details);
        // An HRESULT is the same 32 bits as a signed number.
        HResult = unchecked((int)result.Code);
    }

    /// <summary>The name of the result, such as <c>TBS_E_ACCESS_DENIED</c>.</summary>
    public string Symbol { get; }

    /// <summary>The result code, as in Tbs.h.</summary>
    public uint ResultCode => result.Code;

    /// <summary>What to do about it.</summary>
    public string? RecommendedAction { get; }

    /// <summary>Details of this error, such as the limit that was reached; null if there are none.</summary>
    public object? Details => details?.Value;

    /// <summary>The object that the error concerns, such as the name of a command.</summary>
    public object? TargetObject { get; internal set; }

    /// <summary>Whether further calls would fail too, because the broker cannot be reached or takes no commands now.</summary>
    internal bool EndsCommand { get; set; }

    /// <summary>An ErrorId that replaces the one of the symbol.</summary>
    internal string? OwnErrorId { get; set; }

    /// <summary>
    /// The identity, category, target and text of the error. Has a stand-in for the exception, as the records of PowerShell's
    /// own exceptions do: the exception itself would contain itself without end for Get-Error and ConvertTo-Json.
    /// </summary>
    public ErrorRecord ErrorRecord =>
        new(new ParentContainsErrorRecordException(this), OwnErrorId ?? result.ErrorId, result.Category, TargetObject)
        {
            ErrorDetails = new ErrorDetails($"{Message} ({Symbol}, 0x{result.Code:X8})") { RecommendedAction = RecommendedAction },
        };

    /// <summary>Returns the error record that a cmdlet reports, with this exception.</summary>
    internal ErrorRecord ToRecord() => new(ErrorRecord, this);
}
