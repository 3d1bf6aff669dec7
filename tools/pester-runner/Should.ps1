# Should: finds the assertion that is asked for and throws when its verdict is not the wanted one.
# An assertion is a function in Assertions/: it takes the actual value and the parameters of Should, and returns
# @{ Holds = bool; Expected = 'text after "Expected "'; Actual = 'text after "but "' }, or with Message in place of both.

$script:AssertionFailedId = 'PesterAssertionFailed'

$script:Operators = @(
    'Be', 'BeExactly', 'BeNullOrEmpty', 'BeTrue', 'BeFalse', 'BeOfType', 'BeLike', 'BeLikeExactly', 'Match', 'MatchExactly'
    'Contain', 'BeIn', 'HaveCount', 'BeGreaterThan', 'BeGreaterOrEqual', 'BeLessThan', 'BeLessOrEqual', 'Exist'
    'FileContentMatch', 'Throw', 'HaveParameter'
)

# Operators that look at the whole pipeline input as one value; the others are asked about each item.
$script:TakesWholeInput = @('Be', 'BeExactly', 'BeNullOrEmpty', 'Contain', 'HaveCount')

function Should {
    [CmdletBinding(PositionalBinding = $false)]
    param(
        [Parameter(ValueFromPipeline)] [AllowNull()] [object] $ActualValue,
        [Parameter(Position = 0)] [AllowNull()] [object] $ExpectedValue,
        [switch] $Not,
        [Parameter(Position = 1)] [string] $Because = '',
        [Alias('EQ')] [switch] $Be, [Alias('CEQ')] [switch] $BeExactly,
        [switch] $BeNullOrEmpty, [switch] $BeTrue, [switch] $BeFalse,
        [Alias('HaveType')] [switch] $BeOfType,
        [switch] $BeLike, [switch] $BeLikeExactly, [switch] $Match, [Alias('CMATCH')] [switch] $MatchExactly,
        [switch] $Contain, [switch] $BeIn, [switch] $HaveCount,
        [Alias('GT')] [switch] $BeGreaterThan, [Alias('GE')] [switch] $BeGreaterOrEqual,
        [Alias('LT')] [switch] $BeLessThan, [Alias('LE')] [switch] $BeLessOrEqual,
        [switch] $Exist, [switch] $FileContentMatch,
        [switch] $Throw, [string] $ExpectedMessage, [string] $ErrorId, [type] $ExceptionType, [switch] $PassThru,
        [switch] $HaveParameter, [string] $ParameterName, [object] $Type, [string] $DefaultValue, [switch] $Mandatory,
        [string] $InParameterSet, [switch] $HasArgumentCompleter, [string[]] $Alias
    )
    begin { $input_ = [System.Collections.Generic.List[object]]::new() }
    process { $input_.Add($ActualValue) }
    end {
        $operator = @($script:Operators | Where-Object { $PSBoundParameters.ContainsKey($_) -and $PSBoundParameters[$_] })
        if ($operator.Count -ne 1) {
            throw "Should needs exactly one operator; it has $($operator.Count): $($operator -join ', ')."
        }
        $asked = @{} + $PSBoundParameters
        $null = $asked.Remove('ActualValue')
        foreach ($value in Get-AskedValue $input_ $operator[0] $MyInvocation.ExpectingInput $PSBoundParameters) {
            $verdict = & "Test-Should$($operator[0])" $value.Value $asked
            if ([bool] $verdict.Holds -eq $Not.IsPresent) {
                Stop-Assertion $PSCmdlet (Get-FailureMessage $verdict $Not.IsPresent $Because)
            }
            if ($PassThru -and $verdict.ContainsKey('Result')) { $verdict.Result }
        }
    }
}

# The values to ask about, each in a box of its own so that a list stays one value.
function Get-AskedValue($Items, [string] $Operator, [bool] $IsPiped, $Bound) {
    if (-not $IsPiped) {
        return @{ Value = $(if ($Bound.ContainsKey('ActualValue')) { , $Bound['ActualValue'] } else { $null }) }
    }
    if ($Operator -in $script:TakesWholeInput) {
        if ($Items.Count -eq 1) { return @{ Value = $Items[0] } }
        # An empty pipeline is an empty list.
        return @{ Value = $Items.ToArray() }
    }
    if ($Items.Count -eq 0) { return @{ Value = $null } }
    return @(foreach ($item in $Items) { @{ Value = $item } })
}

function Get-FailureMessage($Verdict, [bool] $IsNegated, [string] $Because) {
    $reason = Get-BecauseText $Because
    if ($Verdict.ContainsKey('Message')) { return "Expected $(if ($IsNegated) { 'the opposite of: ' })$($Verdict.Message),$reason but it is $(if ($IsNegated) { 'so' } else { 'not' })." }
    $separator = if ($reason) { ",$reason" } else { ',' }
    if ($IsNegated) { return "Expected not $($Verdict.Expected)$separator but got $($Verdict.Actual)." }
    return "Expected $($Verdict.Expected)$separator but got $($Verdict.Actual)."
}

function Stop-Assertion($Cmdlet, [string] $Message) {
    $record = [System.Management.Automation.ErrorRecord]::new([Exception]::new($Message), $script:AssertionFailedId, 'InvalidResult', $null)
    $Cmdlet.ThrowTerminatingError($record)
}
