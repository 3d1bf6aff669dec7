using System.Collections;
using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace TpmTbs.PowerShellHost.Host;

/// <summary>The questions of $Host.UI: lines, secrets, fields, choices and credentials.</summary>
internal sealed partial class ConsoleInterface
{
    public override string ReadLine()
    {
        RefuseWhenNonInteractive();
        return ReadTyped() ?? "";
    }

    public override SecureString ReadLineAsSecureString()
    {
        RefuseWhenNonInteractive();
        return SecretReader.Read(echoStars: terminalUnderstandsSequences);
    }

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        ArgumentNullException.ThrowIfNull(descriptions);
        RefuseWhenNonInteractive();
        WriteHeading(caption, message);
        var answers = new Dictionary<string, PSObject>();
        foreach (var field in descriptions)
        {
            var label = string.IsNullOrEmpty(field.Label) ? field.Name : field.Label.Replace("&", "", StringComparison.Ordinal);
            var type = TypeOf(field);
            answers[field.Name] = type.IsArray || typeof(IList).IsAssignableFrom(type)
                ? AskForList(label, type.IsArray ? type.GetElementType()! : typeof(object))
                : AskForOne($"{label}: ", type);
        }

        return answers;
    }

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        ArgumentNullException.ThrowIfNull(choices);
        RefuseWhenNonInteractive();
        WriteHeading(caption, message);
        var menu = new ChoiceMenu(choices, defaultChoice);
        while (true)
        {
            Write(menu.Line);
            var answer = ReadAnswer().Trim();
            if (answer == "?")
            {
                menu.HelpLines.ToList().ForEach(WriteLine);
            }
            else if (menu.Pick(answer) is { } index)
            {
                return index;
            }
        }
    }

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
        PromptForCredential(caption, message, userName, targetName, PSCredentialTypes.Default, PSCredentialUIOptions.Default);

    public override PSCredential PromptForCredential(
        string caption,
        string message,
        string userName,
        string targetName,
        PSCredentialTypes allowedCredentialTypes,
        PSCredentialUIOptions options)
    {
        RefuseWhenNonInteractive();
        WriteHeading(caption, message);
        if (string.IsNullOrEmpty(userName))
        {
            do
            {
                Write("User: ");
                userName = ReadAnswer();
            }
            while (userName.Length == 0);
        }

        Write($"Password for user {userName}: ");
        return new PSCredential(userName, SecretReader.Read(terminalUnderstandsSequences));
    }

    private void WriteHeading(string caption, string message)
    {
        if (!string.IsNullOrEmpty(caption))
        {
            WriteLine();
            WriteLine(PSStyle.Instance.Bold + caption + ResetSequence);
        }

        if (!string.IsNullOrEmpty(message))
        {
            WriteLine(message);
        }
    }

    private PSObject AskForOne(string label, Type type)
    {
        while (true)
        {
            Write(label);
            if (type == typeof(SecureString))
            {
                return PSObject.AsPSObject(SecretReader.Read(terminalUnderstandsSequences));
            }

            if (type == typeof(PSCredential))
            {
                WriteLine();
                return PSObject.AsPSObject(PromptForCredential("", "", "", ""));
            }

            var text = ReadAnswer();
            if (LanguagePrimitives.TryConvertTo(text, type, out var value))
            {
                return PSObject.AsPSObject(value ?? "");
            }

            WriteErrorLine($"'{text}' is no {type.Name}.");
        }
    }

    private PSObject AskForList(string label, Type elementType)
    {
        var items = new ArrayList();
        while (true)
        {
            Write($"{label}[{items.Count}]: ");
            var text = ReadAnswer();
            if (text.Length == 0)
            {
                return PSObject.AsPSObject(items.ToArray(elementType));
            }

            if (LanguagePrimitives.TryConvertTo(text, elementType, out var value))
            {
                items.Add(value);
            }
            else
            {
                WriteErrorLine($"'{text}' is no {elementType.Name}.");
            }
        }
    }

    /// <summary>An answer to a question; without anybody left to answer it, the question is given up.</summary>
    private static string ReadAnswer() =>
        ReadTyped() ?? throw new HostException("The question has no answer: standard input has ended.");

    /// <returns>Null at the end of redirected input.</returns>
    private static string? ReadTyped() => Console.IsInputRedirected ? Console.In.ReadLine() : TerminalAnswer.ReadLine();

    private static Type TypeOf(FieldDescription field) =>
        LanguagePrimitives.TryConvertTo<Type>(field.ParameterAssemblyFullName is { Length: > 0 } name ? name : field.ParameterTypeFullName, out var type) && type is not null
            ? type
            : LanguagePrimitives.TryConvertTo<Type>(field.ParameterTypeFullName, out var plain) && plain is not null ? plain : typeof(string);

    private void RefuseWhenNonInteractive()
    {
        if (nonInteractive)
        {
            throw new PSInvalidOperationException(
                "PowerShell is in NonInteractive mode: nothing can be asked. Give the value as a parameter, or run without -NonInteractive.");
        }
    }
}
