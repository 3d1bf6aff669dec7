// Takes ownership of the tour's fresh TPM 1.2, because without an owner no authorization can fail.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

/** @param {string} socketPath the broker's JSON-RPC socket */
export async function ownTpm12(socketPath) {
  const { nodeCrypto12 } = await import('../build/ts-core/adapters/crypto/node-crypto12.js');
  const owner = await import('../build/ts-core/domain/tpm12/ownership.js');
  const rpc = await import('vscode-jsonrpc/node');
  const socket = connect(socketPath);
  const connection = rpc.createMessageConnection(
    new rpc.SocketMessageReader(socket),
    new rpc.SocketMessageWriter(socket),
  );
  connection.listen();
  try {
    const { contextId } = await connection.sendRequest('context/open', { versions: ['1.2'] });
    const run = async (exchange) => {
      let step = exchange.next();
      while (!step.done) {
        const command = Buffer.from(step.value).toString('base64');
        const { response } = await connection.sendRequest('command/submit', { contextId, command });
        step = exchange.next(new Uint8Array(Buffer.from(response, 'base64')));
      }
    };
    await run(owner.createEndorsementKeyPair(nodeCrypto12));
    const [ownerSecret, srkSecret] = [randomBytes(20), randomBytes(20)].map((bytes) => new Uint8Array(bytes));
    await run(owner.takeOwnership(nodeCrypto12, { ownerSecret, srkSecret }));
  } finally {
    connection.dispose();
    socket.destroy();
  }
}
