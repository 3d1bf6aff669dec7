/**
 * Writes docs/json-rpc.md from the contracts of the protocol.
 *
 *   npm run docs
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describeProtocol } from './protocol-json.mjs';

export const PAGE_PATH = fileURLToPath(new URL('../docs/json-rpc.md', import.meta.url));

/** The whole page. */
export function renderJsonRpc() {
  const { methods, notifications, types } = describeProtocol();
  return PAGE.replace('%OVERVIEW%', () => Object.entries(methods).map(overviewRow).join('\n'))
    .replace('%METHODS%', () => Object.entries(methods).map(methodSection).join('\n\n'))
    .replace('%NOTIFICATIONS%', () => Object.entries(notifications).map(notificationSection).join('\n\n'))
    .replace('%TYPES%', () => Object.entries(types).map(typeSection).join('\n\n'));
}

function overviewRow([name, { access, summary }]) {
  const { administrator, standardUser, sandboxedApp } = access;
  return `| \`${name}\` | ${cell(summary)} | ${administrator} | ${standardUser} | ${sandboxedApp} |`;
}

function methodSection([name, { summary, parameters, result }]) {
  const named = result.$ref === undefined ? [propertyTable(result)] : [];
  const returned = result.$ref === undefined ? returnedInPlace(result) : `Returns ${typeOf(result)}.`;
  return [`### ${name}`, summary, parameterPart(parameters), returned, ...named].filter(Boolean).join('\n\n');
}

function parameterPart(parameters) {
  return hasProperties(parameters) ? propertyTable(parameters, 'parameter') : 'No parameters.';
}

function returnedInPlace(result) {
  return hasProperties(result) ? 'Returns an object:' : 'Returns an empty object.';
}

function notificationSection([name, { summary, parameters }]) {
  return `### ${name}\n\n${summary} Its parameters are ${typeOf(parameters)}.`;
}

function typeSection([name, schema]) {
  return `### ${name}\n\n${schema.description}\n\n${propertyTable(schema)}`;
}

function hasProperties({ properties = {} }) {
  return Object.keys(properties).length > 0;
}

function propertyTable({ properties = {}, required = [] }, title = 'property') {
  const rows = Object.entries(properties).map(([name, schema]) => {
    const optional = required.includes(name) ? '' : '?';
    return `| \`${name}\`${optional} | ${typeOf(schema)} | ${cell(meaningOf(schema))} |`;
  });
  return rows.length === 0 ? '' : [`| ${title} | type | meaning |`, '|---|---|---|', ...rows].join('\n');
}

function meaningOf({ description = '', default: preset }) {
  return preset === undefined ? description : `${description} Default: ${JSON.stringify(preset)}.`;
}

function typeOf(schema) {
  if (schema.$ref !== undefined) return linkTo(schema.$ref.split('/').at(-1));
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' \\| ');
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' \\| ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items)}`;
  if (schema.contentEncoding === 'base64') return 'base64';
  if (schema.format === 'date-time') return 'time';
  return schema.type ?? 'any';
}

function linkTo(typeName) {
  return `[${typeName}](#${typeName.toLowerCase()})`;
}

function cell(text) {
  return text.replaceAll('|', '\\|');
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

## What the broker accepts

The endpoint follows the [JSON-RPC 2.0 specification](https://www.jsonrpc.org/specification):

- Every call with an \`id\` is answered once, by that id: text, null, or a number that JSON carries exactly (integers below
  2^53). Two calls with the same id get two replies. Replies come in the order in which calls end.
- A call without an \`id\` is a notification: it is served and not answered, whatever becomes of it. \`$/cancelRequest\` and
  other methods that do not exist are ignored as notifications.
- A batch has at most 64 calls. Its replies come together, and calls for which more than \`limits.unreadReplyBytes\` of them
  are waiting already are refused. A batch of notifications is not answered.
- What is not UTF-8, not JSON or nests deeper than 32 levels is answered with -32700; what is JSON and no call with -32600,
  and with the id where there is one; an unknown method with -32601. The connection goes on. Responses are ignored.
- A header without Content-Length, with two of them, or with lines that have no name, a message over \`limits.messageBytes\`
  (\`limits.userMessageBytes\` for callers who are no administrators), and one that is begun and not finished within
  \`timeouts.partialMessageMs\`, are answered with -32700, and end the connection.

## How much the broker keeps

A connection is read one message at a time: while a message waits for its turn or for room, nothing more is read. A call is
served while fewer than 128 calls of its connection are under way, at most \`limits.unreadReplyBytes\` of replies are unread,
and its user is within \`limits.bytesPerUser\`, which counts all his connections. Users take turns, by the time that their
calls cost the broker. A connection that reads nothing for \`timeouts.partialMessageMs\`, while what it leaves unread is over
its own limit or fills its user's, is closed. A follower of events that has more than 64 KiB unread misses events until it has
read them. Limits: [configuration.md](configuration.md).

## Methods

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

## Methods

A parameter or property with a question mark may be absent. The same contract for machines, as JSON Schema, is
\`build/protocol.json\`, which \`npm run build\` writes.

| method | what it does | administrator | standard user | sandboxed app |
|---|---|---|---|---|
%OVERVIEW%

%METHODS%

## Notifications

%NOTIFICATIONS%

## Types

In PowerShell these are the objects' type names, after \`TpmTbs.\`.

%TYPES%
`;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(PAGE_PATH, renderJsonRpc());
