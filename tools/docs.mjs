// Builds, and regenerates every generated page in docs/, the module's result classes with their views, and the
// administrative template.
//   npm run docs
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildModule, buildTypeScript } from './build.mjs';

const tools = path.dirname(fileURLToPath(import.meta.url));

await buildTypeScript();
// A cmdlet that returns a new class compiles only after the class has been written.
write('csharp-types.mjs');
write(path.join('..', 'module', 'format-views.mjs'));
await buildModule();
for (const writer of readdirSync(tools).filter((each) => /^docs-.*\.mjs$/.test(each))) write(writer);
write(path.join('..', 'packaging', 'admx-source', 'write-template.mjs'));

function write(writer) {
  const { status } = spawnSync(process.execPath, [path.join(tools, writer)], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
