import type { Argv } from 'yargs';
import { resourceList, resourceRemove } from '../../endpoints/rpc/protocol/resource.js';
import { type CommonOptions, withBroker } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { printJson, printLine, printTable } from '../output.js';

/** `tbs resources`: what anybody holds in the TPM, and flushing it. */
export function resourcesCommand(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'resources',
    'Show what is held in the TPM, or flush one',
    (args) => args.option('remove', { type: 'string', describe: 'Flush the resource with this id' }),
    (options) =>
      withBroker(options, async (broker) => {
        if (options.remove !== undefined) {
          const { removed } = await broker.call(resourceRemove, { id: options.remove });
          if (options.json) printJson({ removed });
          else printLine(removed ? 'flushed' : 'there is no such resource');
          return removed ? EXIT.ok : EXIT.no;
        }
        const { resources } = await broker.call(resourceList);
        if (options.json) printJson(resources);
        else {
          printTable(resources, [
            { title: 'Id', value: ({ id }) => id },
            { title: 'Kind', value: ({ kind }) => kind },
            { title: 'User', value: ({ userName, userKey }) => userName ?? userKey },
            { title: 'Context', value: ({ contextId }) => (contextId === null ? '-' : `${contextId}`) },
            {
              title: 'Handle',
              value: ({ virtualHandle }) => `0x${virtualHandle.toString(16).toUpperCase().padStart(8, '0')}`,
            },
            { title: 'Where', value: ({ resident }) => (resident ? 'in the TPM' : 'saved') },
          ]);
        }
        return undefined;
      }),
  );
}
