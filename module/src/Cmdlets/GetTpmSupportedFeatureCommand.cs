using System;
using System.Management.Automation;
using TpmTbs.Client;
using TpmTbs.Completion;

namespace TpmTbs.Cmdlets;

/// <summary>Tells which of the named features the TPM supports.</summary>
/// <remarks>
/// Gives those of the named features that this TPM supports; all that it supports when none is named. The only feature that
/// is known is key attestation.
/// </remarks>
/// <example>
/// <code>Get-TpmSupportedFeature -FeatureList 'key attestation'</code>
/// <para>Gives the name back when the TPM supports it.</para>
/// </example>
/// <example>
/// <code>Get-TpmSupportedFeature</code>
/// <para>Gives all that it supports.</para>
/// </example>
/// <seealso>Get-Tpm</seealso>
[Cmdlet(VerbsCommon.Get, "TpmSupportedFeature")]
[OutputType(typeof(string))]
public sealed class GetTpmSupportedFeatureCommand : TbsCmdlet
{
    /// <summary>Names of features.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(FeatureCompleter))]
    public string[]? FeatureList { get; set; }

    /// <inheritdoc/>
    protected override void Process()
    {
        RpcParameters parameters = new() { ["features"] = FeatureList ?? Array.Empty<string>() };
        WriteObject(Call("tpm/supportedFeatures", parameters, static json => json.Texts("features")), true);
    }
}
