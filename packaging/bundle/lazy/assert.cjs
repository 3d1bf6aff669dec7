// For yargs, whose assertions hold: node:assert is loaded for the error alone.
module.exports = {
  strictEqual: (actual, expected, message) => {
    if (!Object.is(actual, expected)) require('now:assert').strictEqual(actual, expected, message);
  },
  notStrictEqual: (actual, expected, message) => {
    if (Object.is(actual, expected)) require('now:assert').notStrictEqual(actual, expected, message);
  },
};
