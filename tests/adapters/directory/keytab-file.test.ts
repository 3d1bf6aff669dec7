import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { principalOfKeytab } from '../../../ts-core/adapters/directory/keytab-file.js';
import { TbsError } from '../../../ts-core/domain/tbs-error.js';

const OWN_UID = process.getuid?.() ?? 0;
const KEY = 'the key, which nobody may see';

function text(value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([length, Buffer.from(value)]);
}

/** `NAME/NAME@REALM`; the format of MIT Kerberos' documentation, "keytab file format". */
function entry(principal: string): Buffer {
  const [names = '', realm = ''] = principal.split('@');
  const components = names.split('/');
  const count = Buffer.from([0, components.length]);
  const kindTimeVersion = Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 2]);
  const key = Buffer.concat([Buffer.from([0, 18]), text(KEY)]);
  const body = Buffer.concat([count, text(realm), ...components.map(text), kindTimeVersion, key]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

function hole(bytes: number): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(-bytes);
  return Buffer.concat([length, Buffer.alloc(bytes, 0xee)]);
}

const keytab = (...entries: readonly Buffer[]) => Buffer.concat([Buffer.from([5, 2]), ...entries]);

describe('the principal of a keytab', () => {
  let folder: string;
  let path: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tpmtbs-keytab-'));
    path = join(folder, 'krb5.keytab');
  });
  after(() => rmSync(folder, { recursive: true }));

  const principal = (bytes: Buffer, computer = 'pc1', wanted?: string) => {
    writeFileSync(path, bytes, { mode: 0o600 });
    return principalOfKeytab(path, OWN_UID, { wanted, computer }).name;
  };
  const refusal = (work: () => unknown): TbsError => {
    try {
      work();
    } catch (error) {
      assert.ok(error instanceof TbsError && error.details['reason'] === 'wrongCredentials', String(error));
      assert.ok(!`${error.message}${error.action}${error.cause}`.includes(KEY));
      return error;
    }
    throw new Error('it was taken');
  };

  it('is the computer’s account, among services and other accounts, whatever its case', () => {
    const joined = keytab(
      entry('host/pc1.corp.example@CORP.EXAMPLE'),
      hole(40),
      entry('OTHER$@CORP.EXAMPLE'),
      entry('PC1$@CORP.EXAMPLE'),
      entry('PC1$@CORP.EXAMPLE'),
    );
    assert.equal(principal(joined), 'PC1$@CORP.EXAMPLE');
  });

  it('is the only computer account if the name differs', () => {
    assert.equal(principal(keytab(entry('host/x@R.EXAMPLE'), entry('LAPTOP7$@R.EXAMPLE'))), 'LAPTOP7$@R.EXAMPLE');
    const two = keytab(entry('A$@R.EXAMPLE'), entry('B$@R.EXAMPLE'));
    assert.match(refusal(() => principal(two)).message, /no key of the computer account PC1\$; it has A\$@R/);
  });

  it('is the configured one', () => {
    const both = keytab(entry('PC1$@R.EXAMPLE'), entry('backup/pc1@R.EXAMPLE'));
    assert.equal(principal(both, 'pc1', 'backup/pc1@R.EXAMPLE'), 'backup/pc1@R.EXAMPLE');
    assert.match(refusal(() => principal(both, 'pc1', 'x@R.EXAMPLE')).message, /no key of x@R\.EXAMPLE/);
  });

  it('is missing in a file that is empty, damaged or of another format', () => {
    assert.match(refusal(() => principal(keytab())).message, /it has nothing/);
    assert.match(refusal(() => principal(Buffer.from([5, 1, 0, 0]))).message, /is no keytab, or is damaged/);
    const whole = keytab(entry('PC1$@R.EXAMPLE'));
    assert.match(refusal(() => principal(whole.subarray(0, -1))).message, /damaged/);
  });

  it('is read from arbitrary bytes without any other error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          principal(Buffer.concat([Buffer.from([5, 2]), bytes]));
        } catch (error) {
          assert.ok(error instanceof TbsError, String(error));
        }
      }),
    );
  });
});
