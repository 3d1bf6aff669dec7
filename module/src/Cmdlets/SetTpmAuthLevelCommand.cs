using System;
using System.Management.Automation;
using TpmTbs.Client;

namespace TpmTbs.Cmdlets;

/// <summary>Sets which owner authorization is stored on this machine.</summary>
/// <remarks>
/// Changes the local setting. It cannot change a level that policy sets; the error names the policy's source. A
/// change from Full to Delegated sets a new owner authorization; if it is not backed up to AD DS, -NewFile stores it in
/// a file, and -Force discards it. For administrators.
/// </remarks>
/// <example>
/// <code>Set-TpmAuthLevel -Level Delegated -NewFile /root/owner.tpm</code>
/// <para>Stores only delegated authorization on the machine, and the owner authorization in a file.</para>
/// </example>
/// <example>
/// <code>Set-TpmAuthLevel None -WhatIf</code>
/// <para>Shows what would change, without changing it.</para>
/// </example>
/// <seealso>Get-TpmAuthLevel</seealso>
[Cmdlet(VerbsCommon.Set, "TpmAuthLevel", SupportsShouldProcess = true)]
[OutputType(typeof(AuthLevel))]
public sealed class SetTpmAuthLevelCommand : TbsCmdlet
{
    /// <summary>Errors with which the broker refuses before anything has changed. After any other error the TPM may
    /// have the new value.</summary>
    private static readonly string[] Refusals =
    {
        "TBS_E_BAD_PARAMETER", "TBS_E_ACCESS_DENIED", "TBS_E_PROVISIONING_NOT_ALLOWED", "TBS_E_PROVISIONING_INCOMPLETE",
        "TPM_20_E_LOCKOUT", "TPM_E_DEFEND_LOCK_RUNNING",
    };

    /// <summary>
    /// None stores nothing, Delegated only delegated material, Full the full owner authorization, LockoutOnly (5, TPM 2.0) the
    /// lockout authorization. The numbers 0, 2, 4 and 5 mean the same.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateSet("None", "Delegated", "Full", "LockoutOnly", "0", "2", "4", "5")]
    public string Level { get; set; } = null!;

    /// <summary>The file that receives a new owner authorization. It must not exist.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? NewFile { get; set; }

    /// <summary>Continues even if the new owner authorization is stored nowhere.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        if (!Confirmed("level of owner authorization", $"Set to {Level}")) return;
        RpcParameters parameters = new() { ["level"] = NumberOf(Level), ["force"] = Force.IsPresent };
        if (NewFile is null)
        {
            WriteObject(CallAbout(Level, "authLevel/set", parameters, AuthLevel.Read));
            return;
        }
        string ownerAuth = OwnerAuthInput.Random();
        parameters["newOwnerAuth"] = ownerAuth;
        // The file is on disk before the TPM gets the value.
        uint manufacturerId = Call("device/get", static json => json.UInt32("manufacturerId"));
        string file = OwnerPasswordFile.Create(this, NewFile, ownerAuth, manufacturerId);
        try
        {
            WriteObject(CallAbout(Level, "authLevel/set", parameters, AuthLevel.Read));
        }
        catch (TbsException exception) when (Array.IndexOf(Refusals, exception.Symbol) >= 0)
        {
            System.IO.File.Delete(file);
            throw;
        }
    }

    private static int NumberOf(string level) => level.ToUpperInvariant() switch
    {
        "NONE" or "0" => 0,
        "DELEGATED" or "2" => 2,
        "FULL" or "4" => 4,
        _ => 5,
    };
}
