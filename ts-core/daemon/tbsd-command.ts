/** The program `tbsd`: its options, and the exit code. */
import { parseArgs } from 'node:util';
import { boundMemory } from './bounded-memory.js';
import { EXIT_CODES } from './exit-codes.js';
import { serve } from './main.js';
import { productVersion } from './product-version.js';

const HELP = `tbsd [--config FILE] [--system]

Runs the TPM broker in the foreground, until SIGTERM, SIGINT or SIGHUP. Under a service manager (NOTIFY_SOCKET is set)
SIGHUP reads the configuration again. As root it is the system's broker, otherwise the user's own.

  --system       be the system's broker without running as root, as the systemd unit does
  --config FILE  configuration (default: /etc/tpmtbs/tbsd.json, or tbsd.json in the user's configuration folder)
  --help         this text
  --version      the version

Exit codes: 0 stopped, 64 wrong usage, 69 no TPM, 70 internal error, 73 socket or state folder in use, 74 I/O error,
77 no permission, 78 bad configuration
`;

const OPTIONS = {
  config: { type: 'string' },
  system: { type: 'boolean' },
  help: { type: 'boolean' },
  version: { type: 'boolean' },
} as const;

export async function tbsd(args: readonly string[]): Promise<number> {
  let values: ReturnType<typeof optionsIn>;
  try {
    values = optionsIn(args);
  } catch (error) {
    process.stderr.write(`tbsd: ${error instanceof Error ? error.message : error}\n  See \`tbsd --help\`.\n`);
    return EXIT_CODES.usage;
  }
  if (values.help !== true && values.version !== true) {
    boundMemory();
    return serve({ path: values.config, mode: values.system === true ? 'system' : undefined });
  }
  process.stdout.write(values.help === true ? HELP : `${productVersion()}\n`);
  return EXIT_CODES.ok;
}

function optionsIn(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS }).values;
}
