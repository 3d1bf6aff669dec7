import type { Argv } from 'yargs';
import { type PriorityName, TBS_COMMAND_PRIORITY } from '../../domain/scheduling/priority.js';
import { CliFailure } from '../cli-failure.js';
import { type CommonOptions, numberOption, withBroker } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { readInput } from '../files.js';
import { printJson, printPairs } from '../output.js';

const PRIORITIES = Object.keys(TBS_COMMAND_PRIORITY).map((name) => name.toLowerCase()) as Lowercase<PriorityName>[];

/** `tbs submit`: sends the bytes of one command to the TPM. */
export function submitCommand(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'submit [hex]',
    'Submit the bytes of one command to the TPM',
    (args) =>
      args
        .positional('hex', { type: 'string', describe: 'The whole command in hexadecimal' })
        .option('file', { type: 'string', describe: 'Read the command from a file (- for standard input)' })
        .option('priority', {
          choices: PRIORITIES,
          default: 'normal' as const,
          describe: 'Priority in the queue; standard users get at most high',
        })
        .option('locality', {
          type: 'number',
          default: 0,
          describe: 'Locality, 0 to 3; above 0 for administrators only',
          coerce: numberOption('locality', (value) => Number.isInteger(value) && value >= 0, 'a number from 0 to 3'),
        })
        .option('timeout', {
          type: 'number',
          describe: 'Cancel the command after this many seconds in the queue',
          coerce: numberOption('timeout', (value) => value > 0, 'a number of seconds above 0'),
        })
        .option('raw', { type: 'boolean', default: false, describe: 'Write the response’s bytes to standard output' })
        .example('$0 submit 80010000000c0000017b0008', 'Eight random bytes from a TPM 2.0')
        .epilog('Exit code 2: the TPM’s response is an error. Ctrl+C cancels the command.'),
    (options) =>
      withBroker(options, async (broker) => {
        const command = await commandBytes(options.hex, options.file);
        const result = await broker.call('command/submit', {
          command: command.toString('base64'),
          locality: options.locality,
          priority: TBS_COMMAND_PRIORITY[options.priority.toUpperCase() as PriorityName],
          deadlineMs: options.timeout === undefined ? undefined : Math.max(1, Math.round(options.timeout * 1000)),
        });
        const response = Buffer.from(result.response, 'base64');
        if (options.raw) process.stdout.write(response);
        else if (options.json) printJson(result);
        else {
          printPairs([
            ['Response', response.toString('hex')],
            ['Code', `0x${result.responseCode.toString(16).toUpperCase()} ${result.responseName}`],
            ['Duration', `${result.durationMs.toFixed(2)} ms, after ${result.waitMs.toFixed(2)} ms in the queue`],
            ['Priority', `${result.appliedPriority}`],
          ]);
        }
        return result.responseCode === 0 ? EXIT.ok : EXIT.no;
      }),
  );
}

async function commandBytes(hex: string | undefined, file: string | undefined): Promise<Buffer> {
  if ((hex === undefined) === (file === undefined))
    throw usage('Give the command either in hexadecimal or with --file.');
  if (file !== undefined) return readInput(file);
  const digits = (hex as string).replace(/^0x/i, '').replace(/[\s:]/g, '');
  if (!/^(?:[0-9a-f]{2})+$/i.test(digits))
    throw usage('The command is not hexadecimal: an even number of digits 0-9, a-f.');
  return Buffer.from(digits, 'hex');
}

function usage(message: string): CliFailure {
  return new CliFailure(EXIT.usage, 'TBS_E_BAD_PARAMETER', message, 'See `tbs submit --help`.');
}
