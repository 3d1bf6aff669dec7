// Written by tools/csharp-types.mjs from the contract of the JSON-RPC endpoint; do not edit.
#nullable enable
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The TPM: TPM_DEVICE_INFO of Tbs.h, with further properties for administrators.</summary>
public sealed partial class DeviceInfo
{
    /// <summary>The version of TPM_DEVICE_INFO.</summary>
    public int StructVersion { get; private set; }

    /// <summary>As in Tbs.h: 1 for TPM 1.2, 2 for TPM 2.0.</summary>
    public int TpmVersionNumber { get; private set; }

    /// <summary>The TPM’s version.</summary>
    public string TpmVersion { get; private set; } = "";

    /// <summary>TPM_IFTYPE of Tbs.h; 0: unknown.</summary>
    public uint TpmInterfaceType { get; private set; }

    /// <summary>Revision of the specification that the TPM implements.</summary>
    public uint TpmImpRevision { get; private set; }

    /// <summary>The manufacturer id as text: IBM.</summary>
    public string Manufacturer { get; private set; } = "";

    /// <summary>The manufacturer id.</summary>
    public uint ManufacturerId { get; private set; }

    /// <summary>The TPM’s firmware version.</summary>
    public string FirmwareVersion { get; private set; } = "";

    /// <summary>The manufacturer’s own text.</summary>
    public string VendorString { get; private set; } = "";

    /// <summary>The specification, its level and revision.</summary>
    public string Specification { get; private set; } = "";

    /// <summary>The largest command that the TPM accepts, in bytes.</summary>
    public long MaxCommandBytes { get; private set; }

    /// <summary>The largest response that the TPM returns, in bytes.</summary>
    public long MaxResponseBytes { get; private set; }

    /// <summary>How the broker reaches the TPM: device /dev/tpm0.</summary>
    public string Transport { get; private set; } = "";

    internal static DeviceInfo Read(JsonValue json) => new()
    {
        StructVersion = json.Int32("structVersion"),
        TpmVersionNumber = json.Int32("tpmVersionNumber"),
        TpmVersion = json.Text("tpmVersion"),
        TpmInterfaceType = json.UInt32("tpmInterfaceType"),
        TpmImpRevision = json.UInt32("tpmImpRevision"),
        Manufacturer = json.Text("manufacturer"),
        ManufacturerId = json.UInt32("manufacturerId"),
        FirmwareVersion = json.Text("firmwareVersion"),
        VendorString = json.Text("vendorString"),
        Specification = json.Text("specification"),
        MaxCommandBytes = json.Int64("maxCommandBytes"),
        MaxResponseBytes = json.Int64("maxResponseBytes"),
        Transport = json.Text("transport"),
    };
}
