// Reads random bytes from the TPM with the client library, and shows who may guess how often.
//   node examples/random-bytes.mjs [COUNT]
import process from 'node:process';
import { BrokerError, connect } from 'tpmtbs';

/** TPM2_GetRandom: tag, size, command code and the number of bytes. */
function getRandom(count) {
  const command = Buffer.from('80010000000c0000017b0000', 'hex');
  command.writeUInt16BE(count, 10);
  return command;
}

const count = Number(process.argv[2] ?? 8);
try {
  const broker = await connect();
  const context = await broker.openContext(['2.0']);
  const { response, responseName, waitMs } = await context.submit(getRandom(count));
  // Behind the header and the length of the bytes.
  console.log(`${responseName} after ${waitMs.toFixed(1)} ms: ${Buffer.from(response).subarray(12).toString('hex')}`);
  const { individualThreshold, durationMinutes } = await broker.lockout.get();
  console.log(`locked out after ${individualThreshold} failures within ${durationMinutes} minutes`);
  broker.close();
} catch (error) {
  if (!(error instanceof BrokerError)) throw error;
  console.error(`${error.symbol}: ${error.message} ${error.action}`);
  process.exitCode = 1;
}
