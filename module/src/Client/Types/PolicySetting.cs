using System;
using System.Collections.Generic;
using TpmTbs.Client;

namespace TpmTbs;

public sealed partial class PolicySetting
{
    /// <summary>Values of this setting that were ignored or limited, with the reasons.</summary>
    public ResultList<string> Problems { get; private set; } = null!;

    /// <inheritdoc/>
    public override string ToString() => $"{Name} = {PolicyValue.Shown(Value)} ({Source})";

    /// <summary>Reads the settings of a policy state, each with its problems.</summary>
    internal static PolicySetting[] ReadAll(JsonValue state)
    {
        PolicySetting[] settings = state.List("settings", Read);
        PolicyProblem[] problems = state.List("problems", PolicyProblem.Read);
        foreach (PolicySetting setting in settings)
        {
            List<string> own = new();
            foreach (PolicyProblem problem in problems)
            {
                if (problem.Setting == setting.Name) own.Add(problem.Message);
            }
            setting.Problems = new(own.ToArray());
        }
        return settings;
    }
}
