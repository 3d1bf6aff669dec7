function Test-ShouldThrow($Actual, $Asked) {
    if ($Actual -isnot [scriptblock]) { throw "Should -Throw is asked about a script block: { ... } | Should -Throw. It got $(Get-ValueText $Actual)." }
    $record = $null
    try { $null = & $Actual } catch { $record = $_ }

    $message = if ($Asked.ContainsKey('ExpectedMessage')) { $Asked['ExpectedMessage'] } else { $Asked['ExpectedValue'] }
    $wanted = @()
    $holds = $null -ne $record
    if ($message) {
        $wanted += "the message '$message'"
        # Brackets are common in messages and seldom meant as a wildcard.
        $holds = $holds -and $record.Exception.Message -like ($message -replace '([\[\]])', '`$1')
    }
    if ($Asked.ContainsKey('ErrorId')) {
        $wanted += "the FullyQualifiedErrorId '$($Asked['ErrorId'])'"
        $holds = $holds -and $record.FullyQualifiedErrorId -like $Asked['ErrorId']
    }
    if ($Asked.ContainsKey('ExceptionType')) {
        $wanted += "the type [$($Asked['ExceptionType'].FullName)]"
        $holds = $holds -and $record.Exception -is $Asked['ExceptionType']
    }
    $with = if ($wanted) { ' with ' + ($wanted -join ' and ') } else { '' }
    return @{ Holds = $holds; Expected = "an exception$with"; Actual = (Get-ThrownText $record); Result = $record }
}

function Get-ThrownText($Record) {
    if ($null -eq $Record) { return 'none' }
    return "[$($Record.Exception.GetType().FullName)] '$($Record.Exception.Message)', FullyQualifiedErrorId '$($Record.FullyQualifiedErrorId)'"
}
