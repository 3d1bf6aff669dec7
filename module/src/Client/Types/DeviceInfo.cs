using TpmTbs.Client;

namespace TpmTbs;

/// <summary>The TPM that the broker owns: TPM_DEVICE_INFO, and what a person wants to know beside it.</summary>
public sealed class DeviceInfo
{
    /// <summary>The version of the structure TPM_DEVICE_INFO: 1.</summary>
    public int StructVersion { get; private set; }

    /// <summary>1 for TPM 1.2, 2 for TPM 2.0, as in Tbs.h.</summary>
    public int TpmVersionNumber { get; private set; }

    /// <summary><c>1.2</c> or <c>2.0</c>.</summary>
    public string TpmVersion { get; private set; } = "";

    /// <summary>TPM_IFTYPE_* of Tbs.h.</summary>
    public long TpmInterfaceType { get; private set; }

    /// <summary>The revision of the implementation.</summary>
    public long TpmImpRevision { get; private set; }

    /// <summary>The manufacturer's id as text, such as <c>IBM</c>.</summary>
    public string Manufacturer { get; private set; } = "";

    /// <summary>The manufacturer's id.</summary>
    public long ManufacturerId { get; private set; }

    /// <summary>The version of the firmware.</summary>
    public string FirmwareVersion { get; private set; } = "";

    /// <summary>What the manufacturer calls it.</summary>
    public string VendorString { get; private set; } = "";

    /// <summary>The version of the specification that it follows.</summary>
    public string Specification { get; private set; } = "";

    /// <summary>The longest command that it takes.</summary>
    public int MaxCommandBytes { get; private set; }

    /// <summary>The longest response that it gives.</summary>
    public int MaxResponseBytes { get; private set; }

    /// <summary>How the broker reaches it.</summary>
    public string Transport { get; private set; } = "";

    /// <inheritdoc/>
    public override string ToString() => $"{TpmVersion}, {Manufacturer}, {Transport}";

    internal static DeviceInfo Read(JsonValue json) => new()
    {
        StructVersion = json.Int32("structVersion"),
        TpmVersionNumber = json.Int32("tpmVersionNumber"),
        TpmVersion = json.Text("tpmVersion"),
        TpmInterfaceType = json.Int64("tpmInterfaceType"),
        TpmImpRevision = json.Int64("tpmImpRevision"),
        Manufacturer = json.Text("manufacturer"),
        ManufacturerId = json.Int64("manufacturerId"),
        FirmwareVersion = json.Text("firmwareVersion"),
        VendorString = json.Text("vendorString"),
        Specification = json.Text("specification"),
        MaxCommandBytes = json.Int32("maxCommandBytes"),
        MaxResponseBytes = json.Int32("maxResponseBytes"),
        Transport = json.Text("transport"),
    };
}
