using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Stores an owner authorization on this machine.</summary>
/// <remarks>
/// Sends the broker an owner authorization that is already set in the TPM; the broker stores it as far as the level
/// allows, after trying it on the TPM exactly once. For administrators.
/// </remarks>
/// <example>
/// <code>Import-TpmOwnerAuth -File ./owner.tpm</code>
/// <para>Imports it from an owner-password file.</para>
/// </example>
/// <example>
/// <code>Import-TpmOwnerAuth -Prompt</code>
/// <para>Asks for the owner password.</para>
/// </example>
/// <seealso>Get-TpmAuthLevel</seealso>
[Cmdlet(VerbsData.Import, "TpmOwnerAuth", SupportsShouldProcess = true, DefaultParameterSetName = "OwnerAuthorization")]
[OutputType(typeof(Tpm))]
public sealed class ImportTpmOwnerAuthCommand : OwnerAuthCmdlet
{
    private const string Action = "Import";

    /// <summary>
    /// The current owner authorization: base64 text from ConvertTo-TpmOwnerAuth, or a SecureString of it. The broker
    /// tries a wrong value exactly once and does not store it.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "OwnerAuthorization", ValueFromPipeline = true)]
    [Alias("o")]
    [ValidateNotNullOrEmpty]
    public object? OwnerAuthorization { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (!Confirmed("owner authorization", Action)) return;
        Call("ownerAuth/import", new RpcParameters { ["ownerAuth"] = OwnerAuth(OwnerAuthorization, Action) });
        WriteObject(Call("tpm/get", Tpm.Read));
    }
}
