using System.Management.Automation;

namespace TpmTbs.Cmdlets;

/// <summary>Shows the health of the broker, and problems that need an administrator.</summary>
/// <remarks>
/// Shows the broker's state, TPM, queue, contexts, limits, endpoints and the measured speed of the TPM. Warnings report
/// what weakens the broker's control, such as a TPM device that others can open, each with what to do.
/// </remarks>
/// <example>
/// <code>Get-TbsStatus</code>
/// <para>Shows the broker's state and its warnings.</para>
/// </example>
/// <example>
/// <code>(Get-TbsStatus).Warnings | Format-List</code>
/// <para>Shows what needs an administrator, and what to do.</para>
/// </example>
/// <seealso>Start-TbsService</seealso>
[Cmdlet(VerbsCommon.Get, "TbsStatus")]
[OutputType(typeof(Status))]
public sealed class GetTbsStatusCommand : TbsCmdlet
{
    /// <inheritdoc/>
    protected override void Process() => WriteObject(Call("status/get", Status.Read));
}
