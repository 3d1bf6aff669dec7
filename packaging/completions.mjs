// The completion scripts of `tbs`, as `tbs completion` prints them.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Where each shell looks for the script of a package. */
export const COMPLETION_PLACES = {
  bash: 'usr/share/bash-completion/completions/tbs',
  zsh: 'usr/share/zsh/vendor-completions/_tbs',
};

/** Returns the script for `bash` or `zsh`. */
export function completionScript(shell) {
  // From these variables, yargs decides which shell it writes for, and whether to describe each choice, as zsh
  // supports.
  const env = { ...process.env, SHELL: `/bin/${shell}`, ZSH_NAME: shell === 'zsh' ? shell : '' };
  const script = execFileSync(process.execPath, [path.join(root, 'bin', 'tbs.js'), 'completion'], {
    env,
    encoding: 'utf8',
  });
  const question = 'tbs --get-yargs-completions';
  if (!script.includes(question)) throw new Error(`yargs does not ask for completions with \`${question}\` now`);
  // The login shell is not always the shell that runs the completion.
  const asked = `SHELL=/bin/${shell} ZSH_NAME=${env.ZSH_NAME} ${question}`;
  return `${script.replace(question, asked).trim()}\n`;
}
