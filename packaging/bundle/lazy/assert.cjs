// For yargs, whose assertions normally hold: loads node:assert only for a failure.
module.exports = {
  strictEqual: (actual, expected, message) => {
    if (!Object.is(actual, expected)) require('now:assert').strictEqual(actual, expected, message);
  },
  notStrictEqual: (actual, expected, message) => {
    if (Object.is(actual, expected)) require('now:assert').notStrictEqual(actual, expected, message);
  },
};
