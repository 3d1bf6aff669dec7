import type { VirtualMachine } from '../virtual-machine.js';

const FILE = '/etc/tpmtbs/tbsd.json';
const ORIGINAL = '/tmp/tbsd.json.original';

/** Restarts the broker with this tbsd.json. Returns once the unit is active. */
export async function restartWith(machine: VirtualMachine, configuration: object): Promise<void> {
  await machine.run(`test -e ${ORIGINAL} || cp -a ${FILE} ${ORIGINAL}`);
  await machine.run(`echo '${JSON.stringify(configuration)}' > ${FILE} && systemctl restart tpmtbs`, { seconds: 400 });
}

/** Restarts the broker with the tbsd.json that the package installed. */
export async function restartAsInstalled(machine: VirtualMachine): Promise<void> {
  await machine.run(`if test -e ${ORIGINAL}; then cp -a ${ORIGINAL} ${FILE}; fi; systemctl restart tpmtbs`, {
    seconds: 400,
  });
}
