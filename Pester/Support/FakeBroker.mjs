// A server for tests of the client alone: answers each request on the socket of argv[2] in the way of argv[3].
//   pieces   every byte by itself      unicode   characters outside ASCII      two   a stale answer before the true one
//   large    some megabytes            garbage   no protocol at all            long  a header that promises 1 GiB
//   silent   opens a context, never answers a submission, prints the methods that are called
//   refuse   says that it refuses the user, and closes
//   drop     closes at the first request, answers on the next connection
import { createServer } from 'node:net';
import { STATUS } from '../../packaging/bundle/write-code-caches.cjs';

const [, , path, way] = process.argv;
let connections = 0;

function frame(value) {
  const body = JSON.stringify(value);
  return Buffer.from(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

const REFUSAL = {
  jsonrpc: '2.0',
  id: null,
  error: {
    code: -0x7fd7bfee,
    message: 'The caller is nobody.',
    data: { symbol: 'TBS_E_ACCESS_DENIED', resultCode: 0x80284012, action: 'Ask somebody.', details: {} },
  },
};

function answer(socket, id, connection) {
  const result = (version) => frame({ jsonrpc: '2.0', id, result: { ...STATUS, version } });
  if (way === 'pieces') {
    const bytes = result('piecemeal');
    let at = 0;
    const timer = setInterval(() => (at < bytes.length ? socket.write(bytes.subarray(at, ++at)) : clearInterval(timer)), 1);
  } else if (way === 'unicode') socket.write(result('Grüße, 世界 🙂'));
  else if (way === 'two') socket.write(Buffer.concat([frame({ jsonrpc: '2.0', id: 999999, result: { ...STATUS, version: 'stale' } }), result('true')]));
  else if (way === 'large') socket.write(result('x'.repeat(3_000_000)));
  else if (way === 'garbage') socket.write('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n{}'.padEnd(200));
  else if (way === 'refuse') socket.end(frame(REFUSAL));
  else if (way === 'long') socket.write('Content-Length: 1073741824\r\n\r\n{');
  else if (way === 'drop' && connection === 1) socket.destroy();
  else socket.write(result('answered'));
}

createServer((socket) => {
  const connection = ++connections;
  let text = '';
  socket.on('error', () => undefined);
  socket.on('data', (data) => {
    text += data;
    for (let call; (call = /"id":(\d+),"method":"([^"]+)"[^]*?\}/.exec(text)); text = text.slice(call.index + call[0].length)) {
      if (way === 'silent') console.log(call[2]);
      else answer(socket, Number(call[1]), connection);
    }
  });
}).listen(path, () => console.log('ready'));
