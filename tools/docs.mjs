// Regenerates every generated page in docs/, the module's result classes and the administrative template.
//   npm run docs
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const tools = path.dirname(fileURLToPath(import.meta.url));
const writers = [
  ...readdirSync(tools).filter((each) => /^(docs-.*|csharp-types)\.mjs$/.test(each)),
  path.join('..', 'packaging', 'admx-source', 'write-template.mjs'),
];

for (const writer of writers) {
  const { status } = spawnSync(process.execPath, [path.join(tools, writer)], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
