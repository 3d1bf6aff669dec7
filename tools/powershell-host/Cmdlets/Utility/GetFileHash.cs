using System.Management.Automation;
using System.Security.Cryptography;

namespace Microsoft.PowerShell.Commands;

[Cmdlet(VerbsCommon.Get, "FileHash", DefaultParameterSetName = "Path")]
public sealed class GetFileHashCommand : ItemPathCommand
{
    [Parameter]
    [ValidateSet("SHA1", "SHA256", "SHA384", "SHA512", "MD5")]
    public string Algorithm { get; set; } = "SHA256";

    private protected override void ProcessPath(string path)
    {
        foreach (var file in ResolvedPaths(path, out _))
        {
            using var stream = File.OpenRead(file);
            var hash = CryptographicOperations.HashData(new HashAlgorithmName(Algorithm), stream);
            var result = new PSObject();
            result.TypeNames.Insert(0, "Microsoft.Powershell.Utility.FileHash");
            result.Properties.Add(new PSNoteProperty("Algorithm", Algorithm));
            result.Properties.Add(new PSNoteProperty("Hash", Convert.ToHexString(hash)));
            result.Properties.Add(new PSNoteProperty("Path", file));
            WriteObject(result);
        }
    }
}
