using System;
using System.Collections.Generic;

namespace TpmTbs.Client;

/// <summary>
/// The named parameters of a call: <c>new RpcParameters { ["command"] = name, ["tpmVersion"] = version }</c>. A null parameter
/// is omitted; a null inside a value is sent. Values may be strings, numbers, Booleans, lists, dictionaries and PowerShell
/// objects.
/// </summary>
internal sealed class RpcParameters : Dictionary<string, object?>
{
    internal RpcParameters() : base(StringComparer.Ordinal)
    {
    }
}
