import type { Argv } from 'yargs';

/** `tbs serve`: the broker in the foreground. */
export function serveCommand(yargs: Argv): Argv {
  return yargs.command(
    'serve',
    'Run the broker in the foreground',
    (args) =>
      args
        .option('config', {
          type: 'string',
          describe: 'Configuration file (default: tbsd.json of the system or the user)',
        })
        .option('transport', {
          choices: ['auto', 'swtpm', 'device', 'embedded'] as const,
          describe: 'How to reach the TPM',
        })
        .option('tpm', {
          // A string for yargs, or it reads 1.2 as a number.
          type: 'string',
          choices: ['1.2', '2.0'] as const,
          describe: 'Version of the embedded TPM',
        })
        .epilog(
          'Exit codes: 0 stopped, 69 no TPM, 70 internal error, 73 socket or state folder in use, 74 I/O error, 77 no permission, 78 bad configuration',
        ),
    async ({ config, transport, tpm, socket }) => {
      // Imported only here, so that the other commands start faster.
      const { serve } = await import('../../daemon/main.js');
      process.exitCode = await serve({
        path: config,
        overrides: {
          sockets: typeof socket === 'string' ? { rpc: socket } : undefined,
          transport: { kind: transport, embedded: tpm === undefined ? undefined : { tpmVersion: tpm } },
        },
      });
    },
  );
}
