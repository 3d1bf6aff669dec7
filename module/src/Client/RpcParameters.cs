using System;
using System.Collections.Generic;

namespace TpmTbs.Client;

/// <summary>
/// The named parameters of a call: <c>new RpcParameters { ["command"] = name, ["tpmVersion"] = version }</c>. One that is
/// null is left out; a null inside a value is sent. Values: text, numbers, true and false, lists, dictionaries, objects of
/// PowerShell.
/// </summary>
internal sealed class RpcParameters : Dictionary<string, object?>
{
    internal RpcParameters() : base(StringComparer.Ordinal)
    {
    }
}
