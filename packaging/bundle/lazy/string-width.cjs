// yargs measures texts whenever a command runs. Plain ASCII does not need string-width's regular expressions, and
// creating them would take a third of the program's start time.
const PLAIN = /^[\x20-\x7e]*$/;
let measure;

module.exports = (text, options) => {
  if (PLAIN.test(text)) return text.length;
  measure ??= require('now:string-width').default;
  return measure(text, options);
};
