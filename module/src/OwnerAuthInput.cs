using System;
using System.IO;
using System.Management.Automation;
using System.Runtime.InteropServices;
using System.Security;
using System.Security.Cryptography;
using System.Text;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>
/// Reads the owner authorization in the forms that cmdlets accept: base64 text, a SecureString of it, an owner-password file
/// (.tpm), or a prompt. The broker receives base64; decrypted buffers are wiped.
/// </summary>
internal static class OwnerAuthInput
{
    private const int AuthBytes = 20;

    /// <summary>Returns the base64 text of a parameter, which is a string or a SecureString.</summary>
    /// <exception cref="TbsException">The value is not base64.</exception>
    internal static string FromParameter(object value, string what = "owner authorization")
    {
        string text = TextOf(value);
        return CountBytes(text) is not null ? text : throw Problem($"The {what} is not base64 text.", null);
    }

    /// <summary>Returns the value that a cmdlet was given as a parameter, in a file or at a prompt; null if none was.</summary>
    internal static string? Of(PSCmdlet cmdlet, object? given, string? file, bool prompt, string action)
    {
        if (file is not null) return OwnerPasswordFile.Read(cmdlet, file);
        if (prompt) return FromPrompt(cmdlet, action);
        return given is null ? null : FromParameter(given);
    }

    /// <summary>Asks for the owner password.</summary>
    /// <exception cref="TbsException">The session cannot ask.</exception>
    private static string FromPrompt(PSCmdlet cmdlet, string action)
    {
        SecureString password;
        try
        {
            if (StandardInput.Answers(cmdlet.Host) && StandardInput.WasClosed) throw new EndOfStreamException("Standard input is closed.");
            cmdlet.Host.UI.Write("Owner password: ");
            password = cmdlet.Host.UI.ReadLineAsSecureString() ?? throw new EndOfStreamException("The input has ended.");
        }
        catch (Exception exception) when (exception is not PipelineStoppedException)
        {
            throw TbsErrors.CannotAskForPassword(action, exception);
        }
        return FromPassPhrase(TextOf(password));
    }

    /// <summary>Returns the base64 SHA-1 of a passphrase in UTF-16LE, without terminator or salt, as Windows does.</summary>
    internal static string FromPassPhrase(string passPhrase)
    {
        byte[] bytes = Encoding.Unicode.GetBytes(passPhrase);
        try
        {
#pragma warning disable CA5350 // TPM 1.2 and Windows require SHA-1.
#if NET
            return Convert.ToBase64String(SHA1.HashData(bytes));
#else
            using SHA1 sha1 = SHA1.Create();
            return Convert.ToBase64String(sha1.ComputeHash(bytes));
#endif
#pragma warning restore CA5350
        }
        finally
        {
            Array.Clear(bytes, 0, bytes.Length);
        }
    }

    /// <summary>Returns a new random value in base64.</summary>
    internal static string Random()
    {
        byte[] bytes = new byte[AuthBytes];
        try
        {
            using RandomNumberGenerator generator = RandomNumberGenerator.Create();
            generator.GetBytes(bytes);
            return Convert.ToBase64String(bytes);
        }
        finally
        {
            Array.Clear(bytes, 0, bytes.Length);
        }
    }

    /// <summary>Returns the text of a string or SecureString.</summary>
    internal static string TextOf(object value)
    {
        object plain = value is PSObject wrapped ? wrapped.BaseObject : value;
        // The text of any other object is the name of its type, the same for every credential.
        if (plain is not SecureString and not IConvertible) throw Problem("A password is text or a SecureString.", null);
        if (plain is not SecureString secure) return Convert.ToString(plain, System.Globalization.CultureInfo.InvariantCulture) ?? "";
        IntPtr pointer = Marshal.SecureStringToGlobalAllocUnicode(secure);
        try
        {
            return Marshal.PtrToStringUni(pointer) ?? "";
        }
        finally
        {
            Marshal.ZeroFreeGlobalAllocUnicode(pointer);
        }
    }

    /// <summary>Whether a string is an owner authorization: the base64 of 20 bytes.</summary>
    internal static bool IsOwnerAuth(string text) => CountBytes(text) == AuthBytes;

    /// <summary>Returns the number of bytes in base64 text, or null if it is not base64.</summary>
    private static int? CountBytes(string text)
    {
        try
        {
            return Convert.FromBase64String(text).Length;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    internal static TbsException Problem(string message, object? target) =>
        TbsErrors.BadParameter(message,
            "Give the base64 text that ConvertTo-TpmOwnerAuth makes, a SecureString of it, or an owner-password file.", target);
}
