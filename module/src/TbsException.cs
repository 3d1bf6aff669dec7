using System;
using System.Management.Automation;
using System.Runtime.InteropServices;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>What the broker refused, or why it could not be asked: <c>catch [TpmTbs.TbsException]</c>.</summary>
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
        // An HRESULT is the same 32 bits read with a sign.
        HResult = unchecked((int)result.Code);
    }

    /// <summary>The name of the result: <c>TBS_E_ACCESS_DENIED</c>.</summary>
    public string Symbol { get; }

    /// <summary>The result code, as in Tbs.h.</summary>
    public uint ResultCode => result.Code;

    /// <summary>What to do about it.</summary>
    public string? RecommendedAction { get; }

    /// <summary>Facts of this case, such as the limit that was reached; null where there are none.</summary>
    public object? Details => details?.Value;

    /// <summary>What the error was about, such as the name of a command.</summary>
    public object? TargetObject { get; internal set; }

    /// <summary>Whether nothing that comes after can succeed either: the broker cannot be reached, or is busy stopping.</summary>
    internal bool EndsCommand { get; set; }

    /// <summary>An ErrorId other than the symbol's.</summary>
    internal string? OwnErrorId { get; set; }

    /// <summary>The error record that PowerShell shows.</summary>
    public ErrorRecord ErrorRecord
    {
        get
        {
            ErrorRecord record = new(this, OwnErrorId ?? result.ErrorId, result.Category, TargetObject)
            {
                ErrorDetails = new ErrorDetails($"{Message} ({Symbol}, 0x{result.Code:X8})") { RecommendedAction = RecommendedAction },
            };
            return record;
        }
    }
}
