using System;
using System.Globalization;
using System.IO;
using System.Management.Automation;
using System.Security;
using System.Text;
using System.Xml;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>Owner-password files (.tpm) in the format of Windows: <c>tpmOwnerData</c> with an <c>ownerAuth</c>.</summary>
internal static class OwnerPasswordFile
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>
    /// Reads the value from a file. The file is untrusted: document types are prohibited, it may have at most 64 KB, and error
    /// messages do not quote its content.
    /// </summary>
    internal static string Read(PSCmdlet cmdlet, string path)
    {
        string full = InputFile.Resolve(cmdlet, path);
        string? text;
        try
        {
            if (new FileInfo(full).Length > MaxBytes) throw TbsErrors.BadFile(path, "it is larger than 64 KB.");
            using FileStream stream = File.OpenRead(full);
            text = OwnerAuthIn(stream);
        }
        catch (XmlException exception)
        {
            // The message of the XmlException may quote the file.
            throw TbsErrors.BadFile(path, $"line {exception.LineNumber} is not well-formed XML, or declares a document type.");
        }
        catch (Exception exception) when (InputFile.IsOfFile(exception))
        {
            throw TbsErrors.BadFile(path, exception.Message, exception);
        }
        if (text is not null && OwnerAuthInput.IsOwnerAuth(text)) return text;
        throw OwnerAuthInput.Problem($"'{path}' is not an owner-password file: it has no tpmOwnerData with an ownerAuth of 20 bytes.", path);
    }

    /// <summary>
    /// Writes a new file that only its owner may read, and returns its full path. The value is on disk when the method
    /// returns. Never replaces a file.
    /// </summary>
    internal static string Create(PSCmdlet cmdlet, string path, string ownerAuth, uint manufacturerId)
    {
        string full = InputFile.Resolve(cmdlet, path);
        byte[] bytes = Encoding.UTF8.GetBytes(DocumentOf(ownerAuth, manufacturerId));
        try
        {
            using FileStream stream = CreateForOwnerOnly(full);
            stream.Write(bytes, 0, bytes.Length);
            stream.Flush(true);
        }
        catch (Exception exception) when (InputFile.IsOfFile(exception))
        {
            throw TbsErrors.BadFile(path, exception.Message, exception);
        }
        finally
        {
            Array.Clear(bytes, 0, bytes.Length);
        }
        return full;
    }

    private static string? OwnerAuthIn(Stream stream)
    {
        XmlReaderSettings settings = new()
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            MaxCharactersInDocument = MaxBytes,
        };
        using XmlReader reader = XmlReader.Create(stream, settings);
        string? root = null;
        string? text = null;
        while (reader.Read())
        {
            if (reader.NodeType != XmlNodeType.Element) continue;
            root ??= reader.LocalName;
            if (root == "tpmOwnerData" && reader.Depth == 1 && reader.LocalName == "ownerAuth" && text is null)
            {
                text = reader.ReadElementContentAsString().Trim();
            }
        }
        return text;
    }

    private static string DocumentOf(string ownerAuth, uint manufacturerId)
    {
        string created = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        string user = SecurityElement.Escape(Environment.UserName)!;
        string machine = SecurityElement.Escape(Environment.MachineName)!;
        string manufacturer = manufacturerId.ToString(CultureInfo.InvariantCulture);
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            + $"<tpmOwnerData version=\"1.0\" softwareAuthor=\"TpmTbs\" creationDate=\"{created}\" creationUser=\"{user}\" machineName=\"{machine}\">\n"
            + $"  <tpmInfo manufacturerId=\"{manufacturer}\"/>\n"
            + $"  <ownerAuth>{ownerAuth}</ownerAuth>\n"
            + "</tpmOwnerData>\n";
    }

    private static FileStream CreateForOwnerOnly(string path)
    {
#if NET
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        // Set the mode on creation, before the file holds the secret.
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
#else
        return new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
#endif
    }
}
