import type { Argv } from 'yargs';
import type { BrokerClient } from '../../client/broker-client.js';
import type { Resource } from '../../endpoints/rpc/protocol/resource.js';
import { type CommonOptions, withBroker } from '../command.js';
import { confirm, withYes } from '../confirm.js';
import { EXIT } from '../exit-codes.js';
import { handleText, printJson, printLine, printTable } from '../output.js';

/** `tbs resources`: lists the resources that callers hold in the TPM, and flushes them. */
export function resourcesCommand(yargs: Argv<CommonOptions>): Argv<CommonOptions> {
  return yargs.command(
    'resources',
    'List the resources that callers hold in the TPM, or flush one',
    (args) =>
      withYes(args.option('remove', { type: 'string', describe: 'Flush the resource with this id, after asking' })),
    (options) =>
      withBroker(options, async (broker) => {
        const { resources } = await broker.call('resource/list');
        if (options.remove !== undefined) {
          const removed = await remove(broker, resources, options.remove, options);
          if (options.json) printJson({ removed });
          else printLine(removed ? 'flushed' : 'there is no such resource');
          return removed ? EXIT.ok : EXIT.no;
        }
        if (options.json) printJson(resources);
        else {
          printTable(resources, [
            { title: 'Id', value: ({ id }) => id },
            { title: 'Kind', value: ({ kind }) => kind },
            { title: 'User', value: ({ userName, userKey }) => userName ?? userKey },
            { title: 'Context', value: ({ contextId }) => (contextId === null ? '-' : `${contextId}`) },
            { title: 'Handle', value: ({ virtualHandle }) => handleText(virtualHandle) },
            { title: 'Where', value: ({ resident }) => (resident ? 'in the TPM' : 'saved') },
          ]);
        }
        return undefined;
      }),
  );
}

/** Returns false if there is no such resource. */
async function remove(
  broker: BrokerClient,
  resources: readonly Resource[],
  id: string,
  options: { readonly yes: boolean },
): Promise<boolean> {
  const resource = resources.find((each) => each.id === id);
  if (resource === undefined) return false;
  const holder = resource.userName ?? resource.userKey;
  await confirm(`The ${resource.kind} ${id} of ${holder} is lost, and whoever uses it gets errors. Flush it?`, options);
  return (await broker.call('resource/remove', { id })).removed;
}
