import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SystemAbrmd } from '../../../ts-core/adapters/platform/abrmd.js';

/** The file of Debian's package. */
const BUS_SERVICE = `[D-BUS Service]
Name=com.intel.tss2.Tabrmd
Exec=/bin/false
SystemdService=tpm2-abrmd.service
`;

describe('tpm2-abrmd on this machine', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'abrmd-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const has = (path: string, text: string) => {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const isInstalled = (text = BUS_SERVICE) =>
    has('usr/share/dbus-1/system-services/com.intel.tss2.Tabrmd.service', text);
  const look = () => new SystemAbrmd(root).look();

  it('is not reported if it is not installed', async () => {
    assert.deepEqual(await look(), { processId: undefined, activatable: false });
  });

  it('can be started by D-Bus if it is installed, enabled or not', async () => {
    isInstalled();
    assert.equal((await look()).activatable, true);
  });

  it('cannot be started once its unit is masked, permanently or until the next boot', async () => {
    isInstalled();
    for (const folder of ['etc/systemd/system', 'run/systemd/system']) {
      mkdirSync(join(root, folder), { recursive: true });
      symlinkSync('/dev/null', join(root, folder, 'tpm2-abrmd.service'));
      assert.equal((await look()).activatable, false, folder);
      rmSync(join(root, folder, 'tpm2-abrmd.service'));
    }
  });

  it('can be started if its unit is only overridden', async () => {
    isInstalled();
    has('etc/systemd/system/tpm2-abrmd.service', '[Service]\nExecStart=/usr/sbin/tpm2-abrmd\n');
    assert.equal((await look()).activatable, true);
  });

  it('can be started without systemd, unless D-Bus is configured not to', async () => {
    isInstalled('[D-BUS Service]\nName=com.intel.tss2.Tabrmd\nExec=/usr/sbin/tpm2-abrmd\n');
    assert.equal((await look()).activatable, true);
    has('etc/dbus-1/system-services/com.intel.tss2.Tabrmd.service', '[D-BUS Service]\nExec=/bin/false\n');
    assert.equal((await look()).activatable, false);
  });

  it('is identified by its process while it runs', async () => {
    has('proc/812/comm', 'tpm2-abrmd\n');
    has('proc/813/comm', 'bash\n');
    assert.equal((await look()).processId, 812);
  });
});
