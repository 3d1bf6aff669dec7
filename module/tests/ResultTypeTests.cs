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
    public void Have_no_array_but_bytes_since_its_text_is_the_name_of_its_type()
    {
        Assert.Empty(Results.SelectMany(static type => type.GetProperties())
            .Where(static property => property.PropertyType.IsArray && property.PropertyType != typeof(byte[]))
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
    public void Keep_whole_numbers_whole()
    {
        JsonValue value = JsonValue.Parse(Messages.Bytes("[1, 1.5, 9007199254740991]"));
        Assert.Equal("1; 1.5; 9007199254740991", ((ResultList<object?>)value.ToPowerShell()!).ToString());
        Assert.IsType<long>(((ResultList<object?>)value.ToPowerShell()!)[0]);
    }
}
