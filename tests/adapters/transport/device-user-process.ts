/** A process that sends one command to a device and prints the outcome. */
import { createTransport } from '../../../ts-core/adapters/transport/create-transport.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';
import { getRandom } from '../../support/either-tpm-commands.js';
import { quietLog } from '../../support/quiet-log.js';

const path = process.argv[2];
if (path === undefined) throw new Error('usage: device-user-process DEVICE');
const transport = await createTransport({ kind: 'device', path }, { log: quietLog() });
try {
  await transport.transmit(getRandom('2.0', 8), { locality: 0, timeoutMs: 2000 });
  console.log('answered');
} catch (error) {
  console.log(error instanceof TbsError ? `${error.symbol} ${error.message}` : error);
}
await transport.close();
