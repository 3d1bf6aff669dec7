// A standard user who guesses: sends a wrong authorization again and again, and prints what comes back, a line each.
// Run by examples/tour.ps1 as another user of the system, from standard input, since that user need not be able to read
// this file. It speaks JSON-RPC to the broker, as any program may.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import process from 'node:process';

const GUESSES = 6;
const TPM_RC_MASK = 0xfffff0bf;
const u16 = (value) => Buffer.from([value >> 8, value & 0xff]);
const u32 = (value) => Buffer.from([value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]);

function openClient(path) {
  const socket = connect(path);
  const waiting = new Map();
  let received = Buffer.alloc(0);
  let lastId = 0;
  socket.on('data', (data) => {
    received = Buffer.concat([received, data]);
    for (;;) {
      const end = received.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(received.toString('latin1'))?.[1]);
      if (end < 0 || received.length < end + 4 + length) return;
      const reply = JSON.parse(received.toString('utf8', end + 4, end + 4 + length));
      received = received.subarray(end + 4 + length);
      waiting.get(reply.id)?.(reply);
    }
  });
  const call = (method, params) =>
    new Promise((resolve) => {
      const id = ++lastId;
      waiting.set(id, resolve);
      const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
      socket.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    });
  return { call, close: () => socket.end() };
}

function passwordCommand(code, handle, password, parameters) {
  const authorization = Buffer.concat([u32(0x40000009), u16(0), Buffer.from([0]), u16(password.length), Buffer.from(password)]);
  const body = Buffer.concat([u32(handle), u32(authorization.length), authorization, parameters]);
  return Buffer.concat([u16(0x8002), u32(10 + body.length), u32(code), body]);
}

/** TPM 2.0: a signing key of the user's own, under the TPM's dictionary-attack protection, with the secret `right`. */
function createKey20() {
  const sensitive = Buffer.concat([u16(5), Buffer.from('right'), u16(0)]);
  const publicArea = Buffer.concat([
    ...[u16(0x0023), u16(0x000b), u32(0x00040072), u16(0)],
    ...[u16(0x0010), u16(0x0018), u16(0x000b), u16(0x0003), u16(0x0010), u16(0), u16(0)],
  ]);
  const parameters = Buffer.concat([u16(sensitive.length), sensitive, u16(publicArea.length), publicArea, u16(0), u32(0)]);
  return passwordCommand(0x131, 0x40000001, '', parameters);
}

function sign20(key, password) {
  const parameters = Buffer.concat([u16(32), Buffer.alloc(32), u16(0x0010), u16(0x8024), u32(0x40000007), u16(0)]);
  return passwordCommand(0x15d, key, password, parameters);
}

/** TPM 1.2: TPM_GetPubKey of the storage root key with an authorization that is nobody's. */
function getPubKey12(session) {
  const body = Buffer.concat([u32(0x40000000), u32(session), randomBytes(20), Buffer.from([0]), randomBytes(20)]);
  return Buffer.concat([u16(0x00c2), u32(10 + body.length), u32(0x21), body]);
}

async function main() {
  const { call, close } = openClient(process.env.TPMTBS_SOCKET);
  const { result: device } = await call('device/get');
  const { result: context } = await call('context/open', { versions: ['1.2', '2.0'] });
  const submit = (command, priority) =>
    call('command/submit', { contextId: context.contextId, command: command.toString('base64'), priority });
  const key = device.tpmVersion === '2.0' ? handleIn(await submit(createKey20())) : 0;
  for (let guess = 1; guess <= GUESSES; guess++) {
    const answer = device.tpmVersion === '2.0' ? await submit(sign20(key, `guess${guess}`)) : await guess12(submit);
    tell(guess, answer);
  }
  close();
}

/** A TPM 1.2 ends a session with every failed authorization, so each guess opens one. */
async function guess12(submit) {
  const session = handleIn(await submit(Buffer.concat([u16(0x00c1), u32(10), u32(0x0a)])));
  return submit(getPubKey12(session));
}

function handleIn({ result, error }) {
  if (error !== undefined) throw new Error(error.message);
  if (result.responseCode !== 0) throw new Error(`the TPM answered ${result.responseName}`);
  return Buffer.from(result.response, 'base64').readUInt32BE(10);
}

function tell(guess, { result, error }) {
  if (error !== undefined) console.log(`${guess}\trefused\t${error.data.symbol}: ${error.message}`);
  else if ([0x08e, 0x0a2].includes((result.responseCode & TPM_RC_MASK) >>> 0) || result.responseCode === 1) {
    console.log(`${guess}\twrong\tthe TPM answers ${result.responseName}`);
  } else console.log(`${guess}\tother\tthe TPM answers ${result.responseName}`);
}

main().catch((error) => {
  console.log(`0\tfailed\t${error.message}`);
  process.exitCode = 1;
});
