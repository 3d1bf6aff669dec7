/**
 * Runs one attack as a standard user until it is killed: `node attacker.js <uid> <probe> <probe or -> <sockets as
 * JSON>`.
 */
import { PROBES, type Sockets } from './probes.js';

const [uid, first, second, sockets] = process.argv.slice(2) as [string, string, string, string];
process.stdin.resume().on('end', () => process.exit(0));
process.setgroups?.([]);
process.setgid?.(Number(uid));
process.setuid?.(Number(uid));
for (const probe of PROBES.filter(({ name }) => name === first || name === second)) {
  probe.attack(JSON.parse(sockets) as Sockets);
}
