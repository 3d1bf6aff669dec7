using System;
using System.Linq;
using System.Reflection;
using TpmTbs.Client;
using Xunit;

namespace TpmTbs.Tests;

public sealed class ResultTypeTests
{
    private static readonly Type[] Results = typeof(TbsCmdlet).Assembly.GetExportedTypes()
        .Where(static type => type.IsClass && !type.IsAbstract && type.Namespace == "TpmTbs" && !typeof(Exception).IsAssignableFrom(type))
        .Where(static type => type.GetProperties().Any(static property => property.GetSetMethod(true) is { IsPublic: false }))
        .ToArray();

    [Fact]
    public void Read_well_as_text()
    {
        Assert.True(Results.Length > 30, $"{Results.Length} types");
        Assert.DoesNotContain(Results, static type => type.GetMethod("ToString", Type.EmptyTypes)!.DeclaringType == typeof(object));
    }

    [Fact]
    public void Have_no_array_since_its_text_is_the_name_of_its_type()
    {
        Assert.Empty(Results.SelectMany(static type => type.GetProperties())
            .Where(static property => property.PropertyType.IsArray && property.DeclaringType!.Namespace == "TpmTbs")
            .Select(static property => $"{property.DeclaringType}.{property.Name}"));
    }

    [Fact]
    public void Show_the_elements_of_a_list()
    {
        ResultList<string> list = new(new[] { "one", "two" });
        Assert.Equal("one; two", list.ToString());
        Assert.Equal(2, list.Length);
        Assert.Equal("", new ResultList<string>(Array.Empty<string>()).ToString());
    }

    [Fact]
    public void Show_bytes_in_hexadecimal_and_convert_them_to_an_array()
    {
        ByteList bytes = new(new byte[] { 0x80, 0x01 });
        Assert.Equal("8001", bytes.ToString());
        Assert.Equal(2, bytes.Length);
        Assert.Equal(new byte[] { 0x80, 0x01 }, (byte[])bytes);
    }

    [Fact]
    public void Show_values_by_name_with_those_inside()
    {
        Values after = new();
        after.Add("StandardUser", new CommandCodes(new long[] { 288, 294 }));
        Values shown = new();
        shown.Add("Revision", 2L);
        shown.Add("After", after);
        shown.Add("Before", null);
        shown.Add("Settings", new ResultList<object?>(new object?[] { "one", after }));
        Assert.Equal("Revision: 2; After: (StandardUser: 0x120, 0x126); Before: (not set); Settings: one, (StandardUser: 0x120, 0x126)", shown.ToString());
    }

    [Theory]
    [InlineData("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAECJhQmIJt8UOSGsQdwCpzwdp8EoCZ3OgrojAJ8kHh3VJy6ccC5dex0M5VWH/zO+uESckNB/I5koxm21RK2oV4Zg==", true, "ECC 256")]
    [InlineData("MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQBIL4n++eQdDRujc2QTpieOh5fR4Rier6tD1LF6B6+7WZRCeMi/Fdy3Smm0dgjoa1aNvw/wOseRvPmTobttlapo80ByoWSD42kITM7nLy3VDVPNdmbAoP0R6+FuF+8uKF/sL6YiNa7zYzT+w0PVT7guoQ5Ad1H3ZFSZ6IMo1IXVTqDfC0=", true, "ECC 521")]
    [InlineData("MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCs+zXYJUrNUDPIiAHbVs+bxL04Avgn1sCn1JPei+Bb/8cc8srF7UCHFjmBW7kIg3QgJjSfcYV7apkTWMqx+UZE5QEATufHWw9/49aaLZrOSPvoJjjO+NwcgS0NiZcJ26q8KwveaPNYqnyAPmPKw6JwFGRvE5OEp9j4As5Ym/ULnQIDAQAB", false, "RSA 1024")]
    [InlineData("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxiknz0+esPi0aVKN/mEx2fLM5eIenHShQ4IxX0dLCEtztEpHnkPTQjR7PeyOKeApUZl5EDe8adVv+J64DRkyHVfrv32jBG6aTSv6tCGIxUj4k/2p+6KQpKVPDEy8Cc8vhNOlyhkMrk/cpL33erW8swdKcVsFHjdu1CIXREx/+GxIqnflu7ORRRFgwPwdrSNpR/LSxR8n7h4v03UeBXhZ02DxYDc0lcfGOi+yo4aMKyR/4mkNsvVFAnKwSF54UbpyyNEsOCpdULXa1ZqIi0jclijR5RCfcNa3DmcmN07/dwPYbgdGDVihjUkxugOSkEavxb0h+BiEDxFEnCJ//HmE9wIDAQAB", false, "RSA 2048")]
    public void Show_a_public_key_by_algorithm_and_size(string der, bool isOnCurve, string shown)
    {
        Assert.Equal(shown, new EndorsementPublicKey(Convert.FromBase64String(der), isOnCurve).ToString());
    }

    [Fact]
    public void Keep_whole_numbers_whole()
    {
        JsonValue value = JsonValue.Parse(Messages.Bytes("[1, 1.5, 9007199254740991]"));
        Assert.Equal("1; 1.5; 9007199254740991", ((ResultList<object?>)value.ToPowerShell()!).ToString());
        Assert.IsType<long>(((ResultList<object?>)value.ToPowerShell()!)[0]);
    }
}
