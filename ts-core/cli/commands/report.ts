import type { Argv } from 'yargs';
import { type CommonOptions, withBroker } from '../command.js';
import { writeOutput } from '../files.js';

/** `tbs report`: the state of the machine as a page. */
export function reportCommand(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'report <file>',
    'Write the state of the TPM, lockouts, refusals, policy and boot as an HTML page',
    (args) =>
      args.positional('file', {
        type: 'string',
        demandOption: true,
        describe: 'The file to write; - for standard output',
      }),
    (options) =>
      withBroker(options, async (broker) => {
        const { html } = await broker.call('report/get');
        await writeOutput(options.file, html);
        return undefined;
      }),
  );
}
