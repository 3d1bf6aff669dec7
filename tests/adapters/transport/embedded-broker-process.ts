/** A process that opens an embedded TPM and waits to be killed; prints a line when the TPM runs. */
import { createTransport } from '../../../ts-core/adapters/transport/create-transport.js';
import { quietLog } from '../../support/quiet-log.js';

const stateDirectory = process.argv[2];
if (stateDirectory === undefined) throw new Error('usage: embedded-broker-process STATE_DIRECTORY');
await createTransport({ kind: 'embedded', tpmVersion: '2.0', stateDirectory }, { log: quietLog() });
process.stdout.write('running\n');
setInterval(() => {}, 1000);
