/** A copy of /sys/class/tpm/tpm0/ppi as the kernel creates it (drivers/char/tpm/tpm_ppi.c), for tests. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILES: Readonly<Record<string, string>> = {
  version: '1.3\n',
  request: '0\n',
  response: '22 0: Success\n',
  transition_action: '2: Reboot\n',
  tcg_operations: [
    '0 4: User not required',
    '1 3: User required',
    '2 2: Blocked for OS by BIOS',
    '5 3: User required',
    '8 1: BIOS only',
    '14 3: User required',
    '17 4: User not required',
    '18 3: User required',
    '22 3: User required',
    '',
  ].join('\n'),
  vs_operations: '128 2: Blocked for OS by BIOS\n',
};

export function writePhysicalPresenceTree(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text, { mode: 0o644 });
}
