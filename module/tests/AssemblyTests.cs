using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace TpmTbs.Tests;

/// <summary>
/// Compiles every method of the assembly, including the cmdlets, to check that the runtime has everything it needs. Under Mono,
/// this is as much of the Windows PowerShell cmdlets as can be tested without Windows.
/// </summary>
public sealed class AssemblyTests
{
    private const BindingFlags Own =
        BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    private static readonly Type[] Types = typeof(TbsCmdlet).Assembly.GetTypes();

    [Fact]
    public void Every_cmdlet_can_be_made_and_has_its_attributes()
    {
        Type[] cmdlets = Types.Where(static type => type.GetCustomAttribute<CmdletAttribute>() is not null).ToArray();
        Assert.True(cmdlets.Length >= 50, $"{cmdlets.Length} cmdlets");
        foreach (Type type in cmdlets)
        {
            using IDisposable cmdlet = Assert.IsAssignableFrom<IDisposable>(Activator.CreateInstance(type));
            Assert.NotEmpty(type.GetCustomAttributes<OutputTypeAttribute>());
        }
    }

    [Fact]
    public void Every_method_compiles_on_this_runtime()
    {
        List<string> failures = new();
        foreach (MethodBase method in Types.SelectMany(static type => type.GetMethods(Own).Concat<MethodBase>(type.GetConstructors(Own))))
        {
            bool isOpen = method.ContainsGenericParameters || method.DeclaringType!.ContainsGenericParameters;
            if (isOpen || method.IsAbstract || (method.Attributes & MethodAttributes.PinvokeImpl) != 0) continue;
            try
            {
                RuntimeHelpers.PrepareMethod(method.MethodHandle);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                failures.Add($"{method.DeclaringType}.{method.Name}: {exception.Message}");
            }
        }
        Assert.Empty(failures);
    }
}
