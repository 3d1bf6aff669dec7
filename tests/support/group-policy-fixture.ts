import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Returns the path of a fixture: compiled tests are under build/, the fixtures beside the sources. */
export function groupPolicyFixture(name: string): string {
  return fileURLToPath(new URL(`../../../tests/fixtures/group-policy/${name}`, import.meta.url));
}

export function groupPolicyBytes(name: string): Uint8Array {
  return new Uint8Array(readFileSync(groupPolicyFixture(name)));
}
