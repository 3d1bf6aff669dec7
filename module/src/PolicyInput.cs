using System;
using System.Collections;
using System.Collections.Generic;
using System.Management.Automation;
using System.Text;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>Desired policy settings by name, from a hashtable or from a file that Export-TbsPolicy wrote.</summary>
internal static class PolicyInput
{
    internal static Dictionary<string, object?> Of(IDictionary settings)
    {
        Dictionary<string, object?> values = new(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry one in settings) values[LanguagePrimitives.ConvertTo<string>(one.Key)] = PolicyValue.ToSend(one.Value);
        return values;
    }

    /// <exception cref="TbsException">The file cannot be read or holds no policy.</exception>
    internal static Dictionary<string, object?> FromFile(PSCmdlet cmdlet, string path)
    {
        JsonValue json = Parse(path, InputFile.ReadAll(cmdlet, path));
        if (!json.IsObject)
        {
            throw TbsErrors.BadParameter($"'{path}' holds no policy: a policy is a JSON object of settings.",
                "Export-TbsPolicy writes such a file.", path);
        }
        Dictionary<string, object?> values = new(StringComparer.OrdinalIgnoreCase);
        foreach (KeyValuePair<string, JsonValue> one in json.Members())
        {
            // The URL of the schema is only for editors.
            if (one.Key != "$schema") values[one.Key] = PolicyValue.ToSend(one.Value.ToPowerShell());
        }
        return values;
    }

    private static JsonValue Parse(string path, byte[] content)
    {
        try
        {
            // Editors on Windows often write a byte order mark.
            byte[] mark = Encoding.UTF8.GetPreamble();
            bool isMarked = content.Length >= mark.Length && content[0] == mark[0] && content[1] == mark[1] && content[2] == mark[2];
            if (!isMarked) return JsonValue.Parse(content);
            byte[] unmarked = new byte[content.Length - mark.Length];
            Buffer.BlockCopy(content, mark.Length, unmarked, 0, unmarked.Length);
            return JsonValue.Parse(unmarked);
        }
        catch (ProtocolException exception)
        {
            throw TbsErrors.BadFile(path, $"It is not JSON. {exception.InnerException?.Message}", exception);
        }
    }
}
