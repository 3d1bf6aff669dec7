using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Shows the TPM and its ownership.</summary>
/// <remarks>
/// Shows whether the TPM is ready, enabled and owned, which owner authorization this machine stores, and the TPM's own
/// dictionary-attack state, with the properties of Windows' Get-Tpm. OwnerAuth holds the stored owner authorization for
/// administrators. Only its name gets it: views, Format-List *, Select-Object *, Export-Csv and ConvertTo-Html do not show
/// it, and copies from jobs, other machines and Export-Clixml do not have it. ConvertTo-Json does write it: select the
/// other properties before you store or send its output. TpmPresent is False while no TPM can be reached, and on a
/// machine without a TPM, where the system's broker does not run.
/// </remarks>
/// <example>
/// <code>Get-Tpm</code>
/// <para>Shows the TPM.</para>
/// </example>
/// <example>
/// <code>(Get-Tpm).LockedOut</code>
/// <para>Shows whether the TPM itself is locked out.</para>
/// </example>
/// <seealso>Initialize-Tpm</seealso>
/// <seealso>Unblock-Tpm</seealso>
[Cmdlet(VerbsCommon.Get, "Tpm")]
[OutputType(typeof(Tpm))]
public sealed class GetTpmCommand : TbsCmdlet
{
    /// <inheritdoc/>
    protected override void Process() => WriteObject(Read());

    private Tpm Read()
    {
        try
        {
            return Call("tpm/get", Tpm.Read);
        }
        catch (TbsException exception) when (MachineWithoutTpm.IsThis(exception))
        {
            WriteVerbose("The broker does not run, and this machine has no TPM device.");
            return Tpm.Absent;
        }
    }
}
