import { quoted, type VirtualMachine } from '../virtual-machine.js';

const NODE = '/usr/lib/tpmtbs-node/bin/node';
const SOCKET = '/run/tpmtbs/rpc.sock';

/** Calls a JSON-RPC method without parameters as root, and returns the reply as text, also if it is an error. */
export function callBroker(machine: VirtualMachine, method: string): Promise<string> {
  const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method });
  const program = `
    const socket = require('node:net').connect('${SOCKET}');
    let text = '';
    socket.setEncoding('utf8').on('data', (part) => {
      text += part;
      const [header, body] = text.split('\\r\\n\\r\\n');
      if (body && Buffer.byteLength(body) >= Number(/Content-Length: (\\d+)/i.exec(header)[1])) {
        console.log(body);
        socket.end();
      }
    });
    socket.write('Content-Length: ${call.length}\\r\\n\\r\\n${call}');`;
  return machine.run(`${NODE} -e ${quoted(program)}`);
}
