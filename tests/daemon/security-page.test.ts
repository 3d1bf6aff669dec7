/** Tests that docs/security.md states the limits that apply with default settings. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROBES } from '../../bench/hostile/probes.js';
import { DEFAULT_POLICY_SETTINGS } from '../../ts-core/domain/policy/settings.js';
import { TURN_MS } from '../../ts-core/endpoints/user-turns.js';
import { REPOSITORY } from '../support/daemon.js';

const page = readFileSync(join(REPOSITORY, 'docs', 'security.md'), 'utf8').replaceAll('\n', ' ');

/** The defaults of tbsd.json, read from the page that is generated from the schema. */
const DEFAULTS = new Map(
  [
    ...readFileSync(join(REPOSITORY, 'docs', 'configuration.md'), 'utf8').matchAll(/^\| `([\w.]+)` \| `(\d+)` \|/gm),
  ].map(([, setting, value]) => [setting, Number(value)] as const),
);

function says(text: string): void {
  assert.ok(page.includes(text), text);
}

describe('docs/security.md', () => {
  it('states the limits of the default settings', () => {
    const mebibytes = (DEFAULTS.get('limits.bytesPerUser') ?? 0) / 2 / 1024 / 1024;
    says(`incomplete ones included | ${mebibytes} MiB |`);
    says(`| one message | ${(DEFAULTS.get('limits.userMessageBytes') ?? 0) / 1024} KiB |`);
    says(`| connections to one endpoint | ${DEFAULTS.get('limits.connectionsPerUser')?.toLocaleString('en')}, `);
    says(`| queued commands | ${DEFAULTS.get('limits.queuedSubmissionsPerUser')?.toLocaleString('en')} |`);
    says(`| contexts | ${DEFAULT_POLICY_SETTINGS.maxContextsPerUser.toLocaleString('en')} |`);
    says(`${DEFAULT_POLICY_SETTINGS.maxResources} in a context`);
    says(`| abandoned sessions | ${DEFAULTS.get('limits.savedSessionsPerUser')} |`);
  });

  it('states how the event loop is shared, and how many attacks are measured', () => {
    says(`in turns of ${TURN_MS} ms`);
    says(`with ${PROBES.length} attacks`);
  });
});
