using System.Management.Automation;
using System.Security;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Returns an owner authorization that is stored on this machine.</summary>
/// <remarks>
/// Returns the same as Tbsi_Get_OwnerAuth, as base64 text: Full on both versions; Admin, User and Endorsement, the
/// delegations of a TPM 1.2 (20 bytes of authorization value, then the TPM_DELEGATE_OWNER_BLOB); Endorsement20 and
/// Storage20, the authorization values of a TPM 2.0's hierarchies. Reports TbsOwnerAuthNotFound for a value that the
/// level in force does not store. Standard users may read only User.
/// </remarks>
/// <example>
/// <code>Get-TpmOwnerAuth</code>
/// <para>Returns the full owner authorization.</para>
/// </example>
/// <example>
/// <code>Get-TpmOwnerAuth -Type Storage20 -AsSecureString</code>
/// <para>Returns the authorization of the storage hierarchy, in a form that is never displayed.</para>
/// </example>
/// <seealso>Get-TpmAuthLevel</seealso>
/// <seealso>Import-TpmOwnerAuth</seealso>
[Cmdlet(VerbsCommon.Get, "TpmOwnerAuth")]
[OutputType(typeof(string), typeof(System.Security.SecureString))]
public sealed class GetTpmOwnerAuthCommand : TbsCmdlet
{
    private static readonly string[] Types = { "Full", "Admin", "User", "Endorsement", "Endorsement20", "Storage20" };

    /// <summary>The type of owner authorization.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateSet("Full", "Admin", "User", "Endorsement", "Endorsement20", "Storage20")]
    public string Type { get; set; } = "Full";

    /// <summary>Returns it as a SecureString.</summary>
    [Parameter]
    public SwitchParameter AsSecureString { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        // The broker knows the names in this spelling only.
        string type = System.Array.Find(Types, one => string.Equals(one, Type, System.StringComparison.OrdinalIgnoreCase)) ?? Type;
        string text = CallAbout(type, "ownerAuth/get", new RpcParameters { ["type"] = type }, static json => json.Text("ownerAuth"));
        WriteObject(AsSecureString ? Secured(text) : text);
    }

    private static SecureString Secured(string text)
    {
        SecureString secure = new();
        foreach (char letter in text) secure.AppendChar(letter);
        secure.MakeReadOnly();
        return secure;
    }
}
