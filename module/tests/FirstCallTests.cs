using TpmTbs.Client;
using Xunit;

namespace TpmTbs.Tests;

public sealed class FirstCallTests
{
    [Fact]
    public void Is_prepared_without_a_broker() => Assert.True(FirstCall.Prepare());
}
