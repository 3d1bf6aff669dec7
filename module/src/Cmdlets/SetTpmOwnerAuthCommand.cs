using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Changes the owner authorization of the TPM.</summary>
/// <remarks>
/// Replaces the owner authorization: the owner secret of a TPM 1.2, or the lockout authorization of a TPM 2.0. If
/// policy requires a backup to AD DS, the directory receives the new value before the TPM changes; if that fails,
/// nothing changes. The level in force decides what this machine stores. Returns the TPM as Get-Tpm does, with Kept and
/// Backup: whether this machine stores the new value, and whether the directory has it. For administrators.
/// </remarks>
/// <example>
/// <code>Set-TpmOwnerAuth -NewOwnerAuthorization (ConvertTo-TpmOwnerAuth (Read-Host 'New owner password' -AsSecureString))</code>
/// <para>Sets a new owner password, using the stored value.</para>
/// </example>
/// <example>
/// <code>Set-TpmOwnerAuth -File ./old.tpm -NewFile ./new.tpm</code>
/// <para>Reads both values from files.</para>
/// </example>
/// <seealso>ConvertTo-TpmOwnerAuth</seealso>
/// <seealso>Get-TpmOwnerAuthBackup</seealso>
[Cmdlet(VerbsCommon.Set, "TpmOwnerAuth", SupportsShouldProcess = true, DefaultParameterSetName = "AuthNewAuth")]
[OutputType(typeof(OwnerAuthChange))]
public sealed class SetTpmOwnerAuthCommand : TbsCmdlet
{
    private const string Action = "Change";

    /// <summary>
    /// The current owner authorization: base64 text from ConvertTo-TpmOwnerAuth, or a SecureString of it. Default: the
    /// one that the broker stores. The broker tries a wrong value exactly once.
    /// </summary>
    [Parameter(Position = 0, ParameterSetName = "AuthNewAuth")]
    [Parameter(Position = 0, ParameterSetName = "AuthNewFile")]
    [Alias("o")]
    [ValidateNotNullOrEmpty]
    public object? OwnerAuthorization { get; set; }

    /// <summary>An owner-password file (.tpm) with the current value.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "FileNewAuth")]
    [Parameter(Mandatory = true, ParameterSetName = "FileNewFile")]
    [ValidateNotNullOrEmpty]
    public string? File { get; set; }

    /// <summary>Asks for the owner password, so that it does not appear in the history.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "PromptNewAuth")]
    [Parameter(Mandatory = true, ParameterSetName = "PromptNewFile")]
    public SwitchParameter Prompt { get; set; }

    /// <summary>The new value: base64 text from ConvertTo-TpmOwnerAuth, or a SecureString of it.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "AuthNewAuth", ValueFromPipeline = true)]
    [Parameter(Mandatory = true, ParameterSetName = "FileNewAuth", ValueFromPipeline = true)]
    [Parameter(Mandatory = true, ParameterSetName = "PromptNewAuth", ValueFromPipeline = true)]
    [Alias("no")]
    [ValidateNotNullOrEmpty]
    public object? NewOwnerAuthorization { get; set; }

    /// <summary>An owner-password file (.tpm) with the new value.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "AuthNewFile")]
    [Parameter(Mandatory = true, ParameterSetName = "FileNewFile")]
    [Parameter(Mandatory = true, ParameterSetName = "PromptNewFile")]
    [Alias("nf")]
    [ValidateNotNullOrEmpty]
    public string? NewFile { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (!Confirmed("owner authorization", Action)) return;
        RpcParameters parameters = new()
        {
            ["ownerAuth"] = OwnerAuthInput.Of(this, OwnerAuthorization, File, Prompt, Action),
            ["newOwnerAuth"] = OwnerAuthInput.Of(this, NewOwnerAuthorization, NewFile, false, Action),
        };
        JsonValue change = Call("ownerAuth/set", parameters, static json => json);
        WriteObject(Call("tpm/get", tpm => OwnerAuthChange.Read(change, tpm)));
    }
}
