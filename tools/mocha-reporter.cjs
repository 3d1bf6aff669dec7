// Mocha's own spec output, and the counts and failures as JSON for tools/test.mjs (TPMTBS_TEST_COUNTS names the file).
const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const skipped = [];
    const failed = [];
    runner.on(Runner.constants.EVENT_TEST_PENDING, (test) => skipped.push(test.fullTitle()));
    runner.on(Runner.constants.EVENT_TEST_FAIL, (test, error) =>
      failed.push({ name: test.fullTitle(), message: `${error?.message ?? error}\n${whereOf(error, test)}` }),
    );
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const file = process.env.TPMTBS_TEST_COUNTS;
      if (!file) return;
      const { passes, failures, pending } = this.stats;
      const counts = { passed: passes, failed: failures, skipped: pending, skippedTests: skipped, failures: failed };
      writeFileSync(file, JSON.stringify(counts));
    });
  }
};

/** The first line of the stack that is a test's own, else the file. */
function whereOf(error, test) {
  const frames = String(error?.stack ?? '').split('\n');
  return frames.find((line) => line.includes('/tests/') && line.trim().startsWith('at ')) ?? test.file ?? '';
}
