using System;
using System.Collections.Generic;
using TpmTbs.Client;

namespace TpmTbs;

public sealed partial class PolicySetting
{
    /// <summary>What was ignored or limited in the sources of this setting.</summary>
    public ResultList<string> Problems { get; private set; } = null!;

    /// <inheritdoc/>
    public override string ToString() => $"{Name} = {PolicyValue.Shown(Value)} ({Source})";

    /// <summary>The settings of a state of policy, each with its problems.</summary>
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
