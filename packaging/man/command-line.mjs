// Reads the definition of the `tbs` command: runs the code that defines commands and options for yargs, but passes it
// an object that records the definitions.
import { addCommands } from '../../build/ts-core/cli/main.js';

/**
 * Returns the commands and options of `tbs`. A command has its `name` (`block`), its `positional` arguments as yargs writes
 * them (`<command..>`), a `summary`, `options` and `positionals` by name, `examples`, an `epilog` and `commands` below it.
 */
export function readCommandLine() {
  return recorded('tbs', '', '', addCommands);
}

function recorded(name, positional, summary, define) {
  const command = { name, positional, summary, options: {}, positionals: {}, examples: [], epilog: '', commands: [] };
  define?.(recorder(command));
  return command;
}

function recorder(command) {
  const record = {
    command(syntax, summary, define) {
      const [name, ...positional] = syntax.split(' ');
      command.commands.push(recorded(name, positional.join(' '), summary, define));
    },
    completion(name, summary) {
      command.commands.push(recorded(name, '', summary));
    },
    option(name, definition) {
      command.options[name] = definition;
    },
    positional(name, definition) {
      command.positionals[name] = definition;
    },
    example(syntax, meaning) {
      command.examples.push({ syntax: syntax.replace('$0', 'tbs'), meaning });
    },
    epilog(text) {
      command.epilog = text;
    },
    demandCommand: () => undefined,
  };
  const yargs = new Proxy(
    {},
    {
      get(_, method) {
        if (!Object.hasOwn(record, method))
          throw new Error(`packaging/man/command-line.mjs does not know yargs' ${method}`);
        return (...args) => {
          record[method](...args);
          return yargs;
        };
      },
    },
  );
  return yargs;
}
