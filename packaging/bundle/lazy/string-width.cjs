// yargs measures texts whenever a command runs. Plain ASCII needs none of string-width's regular expressions, whose creation
// would take a third of the program's start.
const PLAIN = /^[\x20-\x7e]*$/;
let measure;

module.exports = (text, options) => {
  if (PLAIN.test(text)) return text.length;
  measure ??= require('now:string-width').default;
  return measure(text, options);
};
