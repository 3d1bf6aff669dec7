using System;
using System.IO;
using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>Writes files to paths that the user names.</summary>
internal static class OutputFile
{
    /// <summary>Writes text in UTF-8, subject to -WhatIf and -Confirm. Returns null if nothing was written.</summary>
    internal static FileInfo? Write(TbsCmdlet cmdlet, string path, string text, bool noClobber, string action)
    {
        string file = InputFile.Resolve(cmdlet, path);
        if (noClobber && File.Exists(file))
        {
            throw TbsErrors.BadParameter($"'{path}' exists.", "Choose another path, or leave -NoClobber out.", path);
        }
        if (!cmdlet.Confirmed(path, action)) return null;
        try
        {
            File.WriteAllText(file, text);
        }
        catch (Exception exception) when (InputFile.IsOfFile(exception))
        {
            throw TbsErrors.BadFile(path, exception.Message, exception);
        }
        return new FileInfo(file);
    }
}
