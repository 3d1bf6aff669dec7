# No test in here: the file must fail.
Describe "empty" { }
