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
    [InlineData("""{"publicKey": "MAA=", "algorithm": "rsa", "keySizeBits": 3072}""", "RSA 3072", "1.2.840.113549.1.1.1")]
    [InlineData("""{"publicKey": "MAA=", "algorithm": "ecc", "keySizeBits": 521}""", "ECC 521", "1.2.840.10045.2.1")]
    [InlineData("""{"publicKey": null, "algorithm": "other", "keySizeBits": null}""", null, null)]
    public void Show_a_public_key_by_algorithm_and_size(string json, string? shown, string? oid)
    {
        EndorsementPublicKey? key = EndorsementPublicKey.Read(JsonValue.Parse(Messages.Bytes(json)));
        Assert.Equal((shown, oid), (key?.ToString(), key?.Oid?.Value));
    }

    [Fact]
    public void Keep_whole_numbers_whole()
    {
        JsonValue value = JsonValue.Parse(Messages.Bytes("[1, 1.5, 9007199254740991]"));
        Assert.Equal("1; 1.5; 9007199254740991", ((ResultList<object?>)value.ToPowerShell()!).ToString());
        Assert.IsType<long>(((ResultList<object?>)value.ToPowerShell()!)[0]);
    }
}
