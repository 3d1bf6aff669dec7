// Lists the failed tests, short enough for the end of a long output, so that even its tail shows them.

const SHOWN_LINES = 6;
const SHOWN_WIDTH = 300;

/**
 * @typedef {{ name: string, message: string }} FailedTest
 * @param {{ name: string, failures: FailedTest[] }[]} parts mocha, ctest, Pester
 * @returns {string[]} Nothing when nothing failed.
 */
export function failedTestLines(parts) {
  const lines = parts.flatMap(({ name, failures }) => failures.flatMap((failure) => linesOfOne(name, failure)));
  return lines.length === 0 ? [] : ['', '== failed tests', ...lines];
}

function linesOfOne(part, { name, message }) {
  const lines = message.split(/\r?\n/).filter((line) => line.trim() !== '');
  const shown = lines.slice(0, SHOWN_LINES).map((line) => `      ${line.trim().slice(0, SHOWN_WIDTH)}`);
  return [`  ${part}: ${name}`, ...shown];
}

/** Returns the failed tests in a result of tools/pester.mjs; failures outside a test are listed under their file. */
export function failuresOfPester({ files = [] }) {
  return files.flatMap((file) => [
    ...file.failures.map((failure) => ({ name: `${file.path} (${failure.stage})`, message: failureText(failure) })),
    ...file.tests
      .filter((test) => test.result === 'failed')
      .map((test) => ({ name: test.name, message: test.failures.map(failureText).join('\n') })),
  ]);
}

function failureText({ message, where }) {
  return `${message}\n${where ?? ''}`;
}

/** Returns the failed tests that ctest lists at its end: "	  7 - tcti_threads (Failed)". */
export function failuresOfCtest(output) {
  return [...output.matchAll(/^\s*\d+ - (\S+) \(([^)]+)\)/gm)].map(([, name, how]) => ({ name, message: how }));
}

/** Returns the failed tests in a report of xunit (CTRF). */
export function failuresOfCtrf({ tests = [] }, framework) {
  return tests
    .filter(({ status }) => status === 'failed')
    .map(({ name, message, trace }) => ({
      name: `${name} (${framework})`,
      message: `${message ?? ''}\n${trace ?? ''}`,
    }));
}
