import type { Argv } from 'yargs';
import { CLOSING_STOPS } from '../../domain/owner-auth/hierarchy-state.js';
import { MAX_AUTH_BYTES } from '../../domain/owner-auth/owner-auth-value.js';
import type { ProvisioningState } from '../../endpoints/rpc/protocol/tpm.js';
import { CliFailure } from '../cli-failure.js';
import { type CommonOptions, withBroker } from '../command.js';
import { confirm, withYes } from '../confirm.js';
import { EXIT } from '../exit-codes.js';
import { readInput } from '../files.js';
import { printJson, printPairs } from '../output.js';

/** `tbs tpm initialize|open-hierarchies`: provisions the TPM, and opens closed hierarchies. */
export function tpmCommand(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command('tpm', 'Provision the TPM, and open its hierarchies', (args) =>
    openHierarchies(initialize(args as Argv<CommonOptions>)).demandCommand(
      1,
      'Name one: initialize or open-hierarchies.',
    ),
  ) as Argv<CommonOptions>;
}

function initialize(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'initialize',
    'Provision the TPM; nothing in it is lost',
    (args) =>
      withYes(args)
        .option('close-hierarchies', {
          type: 'boolean',
          default: false,
          describe:
            'Give the storage and endorsement hierarchy (TPM 2.0) an authorization: other TPM programs stop working',
        })
        .epilog('Exit code 2: the TPM is not ready.'),
    (options) =>
      withBroker(options, async (broker) => {
        const before = await broker.call('tpm/provisioning');
        const closeHierarchies = options['close-hierarchies'];
        const anyOpen = [before.storageHierarchy, before.endorsementHierarchy].includes('open');
        if (anyOpen && (closeHierarchies || before.policyClosesHierarchies)) {
          await confirm(
            `${before.policyClosesHierarchies ? 'Policy requires this. ' : ''}${CLOSING_STOPS} Close them?`,
            options,
          );
        }
        const state = await broker.call('tpm/initialize', { closeHierarchies });
        printState(state, options.json);
        return state.tpmReady ? EXIT.ok : EXIT.no;
      }),
  );
}

function openHierarchies(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'open-hierarchies',
    'Give the storage and endorsement hierarchy an empty authorization, as other TPM programs expect',
    (args) =>
      args
        .option('storage-auth-file', {
          type: 'string',
          describe: 'File with the authorization, if it is not stored',
        })
        .option('endorsement-auth-file', { type: 'string', describe: 'The same for the endorsement hierarchy' }),
    (options) =>
      withBroker(options, async (broker) => {
        const storageAuth = await authFrom(options['storage-auth-file']);
        const endorsementAuth = await authFrom(options['endorsement-auth-file']);
        printState(await broker.call('tpm/openHierarchies', { storageAuth, endorsementAuth }), options.json);
        return undefined;
      }),
  );
}

const LINE_FEED = 0x0a;

/** Returns the file's bytes in base64, without a trailing line feed. */
async function authFrom(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const bytes = await readInput(file);
  const auth = bytes.at(-1) === LINE_FEED ? bytes.subarray(0, -1) : bytes;
  if (auth.length > MAX_AUTH_BYTES) {
    throw new CliFailure(
      EXIT.usage,
      'TBS_E_BAD_PARAMETER',
      `${file} holds ${auth.length} bytes; an authorization has at most ${MAX_AUTH_BYTES}.`,
      'Name a file that contains only the authorization.',
    );
  }
  const text = auth.toString('base64');
  bytes.fill(0);
  return text;
}

function printState(state: ProvisioningState, json: boolean): void {
  if (json) {
    printJson(state);
    return;
  }
  printPairs([
    ['Ready', state.tpmReady ? 'yes' : 'no'],
    ['Needs', state.needs.length === 0 ? 'nothing' : state.needs.join(', ')],
    ['Storage hierarchy', state.storageHierarchy ?? 'none (TPM 1.2)'],
    ['Endorsement hierarchy', state.endorsementHierarchy ?? 'none (TPM 1.2)'],
  ]);
}
