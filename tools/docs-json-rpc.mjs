/**
 * Writes docs/json-rpc.md from the protocol files and the table of access.
 *
 *   npx tsc -p tsconfig.json && node tools/docs-json-rpc.mjs
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { ACCESS } from '../build/ts-core/application/access.js';
import { RPC_METHODS } from '../build/ts-core/endpoints/rpc/protocol/index.js';

export const PAGE_PATH = fileURLToPath(new URL('../docs/json-rpc.md', import.meta.url));

function typeOf(schema) {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' \\| ');
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' \\| ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items)}`;
  if (schema.contentEncoding === 'base64' || schema.format === 'base64') return 'base64';
  return schema.type ?? 'any';
}

function parametersOf(params) {
  const { properties = {}, required = [] } = z.toJSONSchema(params, { io: 'input' });
  const names = Object.entries(properties);
  if (names.length === 0) return 'none';
  return names
    .map(([name, schema]) => `\`${name}\`${required.includes(name) ? '' : '?'}: ${typeOf(schema)}`)
    .join('<br>');
}

/** The whole page. */
export function renderJsonRpc() {
  const rows = RPC_METHODS.map(({ name, params }) => {
    const access = ACCESS[name];
    const cells = [`\`${name}\``, parametersOf(params), access.administrator, access.standardUser, access.sandboxedApp];
    return `| ${cells.join(' | ')} |`;
  });
  return PAGE.replace('%ROWS%', rows.join('\n'));
}

const PAGE = `<!-- Written by tools/docs-json-rpc.mjs from ts-core/endpoints/rpc/protocol; do not edit. -->
# The JSON-RPC endpoint

JSON-RPC 2.0 over the Unix socket \`rpc.sock\` in \`/run/tpmtbs/\` (the system's broker) or \`$XDG_RUNTIME_DIR/tpmtbs/\`
(a user's own); on Windows the named pipe of [windows.md](windows.md). A message is \`Content-Length: N\`, an empty line (CRLF line ends), and N bytes of UTF-8 JSON, as editors
speak it to language servers. Parameters are named. Bytes are base64, codes numbers, times UTC in ISO 8601. An unknown
parameter is refused by its name. Errors: [errors.md](errors.md).

    Content-Length: 46\\r\\n
    \\r\\n
    {"jsonrpc":"2.0","id":1,"method":"device/get"}

Who calls is known from the operating system alone. *all*: on anybody's data; *own*: on the caller's own (of a sandboxed
app: of its user's sandboxed apps); *none*: TBS_E_ACCESS_DENIED. After \`event/subscribe\` the broker sends notifications \`event/raised\`, whose parameters are one
event as in the [audit log](audit.md); \`lost\` counts events that were dropped before it because the reader was slow.

A connection that has 128 calls outstanding, or too many unread replies (\`limits.unreadReplyBytes\`), is not read from
until that is better. A message over \`limits.messageBytes\`, or one that is begun and not finished within
\`timeouts.partialMessageMs\`, ends the connection. Limits: [configuration.md](configuration.md).

## How a client tells a living broker

A reply may take minutes: the command waits in the queue, or the TPM makes a key. A client that waits for one sends
\`connection/ping\` on the same connection now and then, and takes everything that the broker sends (replies to other
calls and notifications included) as a sign of life. The broker answers a ping at once with \`{}\`, whatever else is under
way, to every caller:

    → {"jsonrpc":"2.0","id":2,"method":"connection/ping"}
    ← {"jsonrpc":"2.0","id":2,"result":{}}

The clients of this project have at most one ping outstanding. They send it when the broker has been silent for a third
of their time limit (10 of 30 seconds), and give up with TBS_E_SERVICE_NOT_RUNNING when it has been silent for the whole
limit, which is 30 seconds unless the environment variable \`TPMTBS_BROKER_TIMEOUT\` (seconds; 0: never give up) or a
setting of the client says otherwise. The limit counts from connecting: a stopped broker still accepts connections, since the kernel does that for it.
A ping counts as a call like any other, so a client keeps one of its 128 outstanding calls free for it: beyond them
nothing is read from the connection, pings included.

The shapes of the results are the types beside each method in \`ts-core/endpoints/rpc/protocol/\`.

| method | parameters | administrator | standard user | sandboxed app |
|---|---|---|---|---|
%ROWS%
`;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(PAGE_PATH, renderJsonRpc());
