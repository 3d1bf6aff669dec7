using System;
using System.Linq;
using TpmTbs.Client;

namespace TpmTbs;

/// <summary>Whether a caller class may send a command.</summary>
public enum CommandAccess
{
    /// <summary>The broker refuses the command.</summary>
    Blocked,

    /// <summary>The broker accepts the command.</summary>
    Allowed,
}

/// <summary>A command with its verdict for each caller class.</summary>
public sealed class CommandBlock
{
    /// <summary>The command's name; its code where it has none.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The command's code.</summary>
    public uint Ordinal { get; private set; }

    /// <summary>The TPM family: <c>1.2</c> or <c>2.0</c>.</summary>
    public string TpmVersion { get; private set; } = "";

    /// <summary>Whether administrators may send it; null if the broker reported no verdict.</summary>
    public CommandAccess? Administrator => AccessOf(CallerClass.Administrator);

    /// <summary>Whether standard users may send it; null if the broker reported no verdict.</summary>
    public CommandAccess? StandardUser => AccessOf(CallerClass.StandardUser);

    /// <summary>Whether sandboxed apps may send it; null if the broker reported no verdict.</summary>
    public CommandAccess? SandboxedApp => AccessOf(CallerClass.SandboxedApp);

    /// <summary>The verdict for each class, with the deciding list.</summary>
    public ResultList<CommandVerdict> Verdicts { get; private set; } = null!;

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {string.Join(", ", Verdicts.Select(static one => one.ClassAndAccess))}";

    internal static CommandBlock Read(JsonValue json)
    {
        uint ordinal = json.UInt32("code");
        CommandBlock block = new()
        {
            Name = json.TextOrNull("name") ?? $"0x{ordinal:X8}",
            Ordinal = ordinal,
            TpmVersion = json.Text("tpmVersion"),
        };
        block.Verdicts = new(json.List("verdicts", verdict => CommandVerdict.Read(block, verdict)));
        return block;
    }

    private CommandAccess? AccessOf(CallerClass callerClass)
    {
        foreach (CommandVerdict one in Verdicts)
        {
            if (one.Class == callerClass) return one.Access;
        }
        return null;
    }
}

/// <summary>Why a command is blocked or allowed for a caller class.</summary>
public sealed class CommandVerdict
{
    /// <summary>The command's name; its code where it has none.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The command's code.</summary>
    public uint Ordinal { get; private set; }

    /// <summary>The TPM family: <c>1.2</c> or <c>2.0</c>.</summary>
    public string TpmVersion { get; private set; } = "";

    /// <summary>The caller class.</summary>
    public CallerClass Class { get; private set; }

    /// <summary>Whether the broker refuses the command.</summary>
    public bool Blocked { get; private set; }

    /// <summary>The list or rule that decided; null if nothing blocks the command.</summary>
    public CommandList? DecidingList { get; private set; }

    /// <summary>The reason as text.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>Where the deciding list comes from.</summary>
    public string? Source { get; private set; }

    /// <summary>What would lift the block; null if the command is allowed or nothing can lift the block.</summary>
    public string? LiftedBy { get; private set; }

    /// <summary>A limit on the handles that the class may use with the command; null if there is none.</summary>
    public string? Condition { get; private set; }

    /// <summary>What each list says about the command.</summary>
    public ResultList<ListStatement> Statements { get; private set; } = null!;

    internal CommandAccess Access => Blocked ? CommandAccess.Blocked : CommandAccess.Allowed;

    internal string ClassAndAccess => $"{Class} {Access}";

    /// <inheritdoc/>
    public override string ToString() => DecidingList is null ? ClassAndAccess : $"{ClassAndAccess} ({DecidingList})";

    internal static CommandVerdict Read(CommandBlock command, JsonValue json) => new()
    {
        Name = command.Name,
        Ordinal = command.Ordinal,
        TpmVersion = command.TpmVersion,
        Class = json.Named("callerClass", CallerClass.Unknown),
        Blocked = !json.Flag("allowed"),
        DecidingList = json.NamedOrNull("decidingList", CommandList.Unknown),
        Reason = json.Text("reason"),
        Source = json.TextOrNull("source"),
        LiftedBy = json.TextOrNull("liftedBy"),
        Condition = json.TextOrNull("condition"),
        Statements = new(json.List("statements", ListStatement.Read)),
    };
}
