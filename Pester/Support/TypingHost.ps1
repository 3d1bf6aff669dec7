# A session whose host types an answer to every question that is asked without echo, and remembers what it was shown.

if (-not ('TypingHost' -as [type])) {
    Add-Type -TypeDefinition @'
using System;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

public class TypingHost : PSHost
{
    public static string Shown = "";
    private readonly Guid id = Guid.NewGuid();
    private readonly Keyboard keyboard;
    public TypingHost(string answer) { Shown = ""; keyboard = new Keyboard(answer); }
    public override string Name { get { return "typing"; } }
    public override Version Version { get { return new Version(1, 0); } }
    public override Guid InstanceId { get { return id; } }
    public override PSHostUserInterface UI { get { return keyboard; } }
    public override CultureInfo CurrentCulture { get { return CultureInfo.InvariantCulture; } }
    public override CultureInfo CurrentUICulture { get { return CultureInfo.InvariantCulture; } }
    public override void EnterNestedPrompt() { throw new NotSupportedException(); }
    public override void ExitNestedPrompt() { throw new NotSupportedException(); }
    public override void NotifyBeginApplication() { }
    public override void NotifyEndApplication() { }
    public override void SetShouldExit(int exitCode) { }

    private class Keyboard : PSHostUserInterface
    {
        private readonly string answer;
        public Keyboard(string answer) { this.answer = answer; }
        public override PSHostRawUserInterface RawUI { get { return null; } }
        public override SecureString ReadLineAsSecureString()
        {
            SecureString typed = new SecureString();
            foreach (char letter in answer) typed.AppendChar(letter);
            return typed;
        }
        public override string ReadLine() { throw new NotSupportedException(); }
        public override void Write(string value) { Shown += value; }
        public override void Write(ConsoleColor foreground, ConsoleColor background, string value) { Shown += value; }
        public override void WriteLine(string value) { Shown += value + "\n"; }
        public override void WriteErrorLine(string value) { Shown += value + "\n"; }
        public override void WriteDebugLine(string message) { Shown += message + "\n"; }
        public override void WriteVerboseLine(string message) { Shown += message + "\n"; }
        public override void WriteWarningLine(string message) { Shown += message + "\n"; }
        public override void WriteProgress(long sourceId, ProgressRecord record) { }
        public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) { throw new NotSupportedException(); }
        public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice) { throw new NotSupportedException(); }
        public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) { throw new NotSupportedException(); }
        public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName, PSCredentialTypes allowed, PSCredentialUIOptions options) { throw new NotSupportedException(); }
    }
}
'@
}

# A PowerShell with the module in a runspace of such a host.
function New-TypingSession([string]$Answer) {
    $state = [initialsessionstate]::CreateDefault2()
    $state.ImportPSModule("$RepositoryRoot/TpmTbs.psd1")
    $runspace = [runspacefactory]::CreateRunspace([TypingHost]::new($Answer), $state)
    $runspace.Open()
    $session = [powershell]::Create()
    $session.Runspace = $runspace
    $session
}
