/**
 * Tests unmodified tpm2-tools with the broker: every tool is a separate process, and sessions pass from one to the
 * next.
 */
import assert from 'node:assert/strict';
import { ALICE, canBecomeOthers, type TestUser } from '../support/as-user.js';
import { TestDaemon } from '../support/daemon.js';
import { Tpm2Tools } from '../support/tpm2-tools.js';

const KEY_AND_SIGNATURE = `
  tpm2_createprimary -Q -C o -c primary.ctx
  tpm2_create -Q -C primary.ctx -G ecc -u key.pub -r key.priv
  tpm2_load -Q -C primary.ctx -u key.pub -r key.priv -c key.ctx
  echo message > message
  tpm2_sign -Q -c key.ctx -g sha256 -o signature message
  tpm2_verifysignature -Q -c key.ctx -g sha256 -m message -s signature
`;

const SEALED_UNDER_PCRS = `
  tpm2_createprimary -Q -C n -c primary.ctx
  tpm2_startauthsession -S trial.ctx
  tpm2_policypcr -Q -S trial.ctx -l sha256:0,1,23 -L pcr.policy
  tpm2_flushcontext trial.ctx
  echo -n secret | tpm2_create -Q -C primary.ctx -L pcr.policy -i - -u seal.pub -r seal.priv
  tpm2_load -Q -C primary.ctx -u seal.pub -r seal.priv -c seal.ctx
  tpm2_startauthsession --policy-session -S policy.ctx
  tpm2_policypcr -Q -S policy.ctx -l sha256:0,1,23
  tpm2_unseal -c seal.ctx -p session:policy.ctx
  tpm2_flushcontext policy.ctx
`;

const DUPLICATION = `
  tpm2_startauthsession -S trial.ctx
  tpm2_policycommandcode -Q -S trial.ctx -L dup.policy TPM2_CC_Duplicate
  tpm2_flushcontext trial.ctx
  tpm2_createprimary -Q -C o -g sha256 -G rsa -c source.ctx
  tpm2_createprimary -Q -C n -g sha256 -G ecc -c target.ctx
  tpm2_readpublic -Q -c target.ctx -o target.pub
  tpm2_create -Q -C source.ctx -g sha256 -G rsa -p foo -L dup.policy -a "sensitivedataorigin|userwithauth|decrypt|sign" -r key.prv -u key.pub
  tpm2_load -Q -C source.ctx -r key.prv -u key.pub -c key.ctx
  tpm2_startauthsession --policy-session -S policy.ctx
  tpm2_policycommandcode -Q -S policy.ctx TPM2_CC_Duplicate
  tpm2_duplicate -Q -C target.ctx -c key.ctx -G null -p session:policy.ctx -r dup.prv -s dup.seed
  tpm2_flushcontext policy.ctx
  tpm2_import -Q -C target.ctx -u key.pub -r imported.prv -i dup.prv -s dup.seed
  tpm2_load -Q -C target.ctx -u key.pub -r imported.prv -c imported.ctx
  echo message > message
  tpm2_sign -Q -c imported.ctx -p foo -g sha256 -o signature message
  tpm2_verifysignature -Q -c imported.ctx -g sha256 -m message -s signature
`;

const QUOTE = `
  tpm2_createek -Q -c ek.ctx -G rsa -u ek.pub
  tpm2_createak -Q -C ek.ctx -c ak.ctx -G rsa -g sha256 -s rsassa -u ak.pub -f pem -n ak.name
  tpm2_quote -Q -c ak.ctx -l sha256:0,15,16 -q 11223344 -m quote.msg -s quote.sig -o quote.pcrs -g sha256
  tpm2_checkquote -Q -u ak.pub -m quote.msg -s quote.sig -f quote.pcrs -g sha256 -q 11223344
`;

const NV = `
  tpm2_nvdefine -Q 0x1500016 -C o -s 32 -a "ownerread|ownerwrite|authread|authwrite" -p index
  echo -n "please123abc" | tpm2_nvwrite -Q 0x1500016 -C o -i -
  tpm2_nvread 0x1500016 -C 0x1500016 -P index -s 12
  tpm2_nvundefine -Q 0x1500016 -C o
`;

const AUTHENTICATED_POLICY = `
  tpm2_createprimary -Q -C o -c primary.ctx
  tpm2_startauthsession -S trial.ctx
  tpm2_policypassword -Q -S trial.ctx -L password.policy
  tpm2_flushcontext trial.ctx
  tpm2_create -Q -C primary.ctx -G ecc -p word -L password.policy -a "fixedtpm|fixedparent|sensitivedataorigin|sign" -u key.pub -r key.priv
  tpm2_load -Q -C primary.ctx -u key.pub -r key.priv -c key.ctx
  tpm2_startauthsession --policy-session -S policy.ctx
  tpm2_policypassword -Q -S policy.ctx
  echo message > message
  tpm2_sign -Q -c key.ctx -p session:policy.ctx+word -g sha256 -o signature message
  tpm2_flushcontext policy.ctx
  tpm2_startauthsession --hmac-session -S hmac.ctx
  tpm2_sessionconfig --enable-audit hmac.ctx
  tpm2_getrandom -S hmac.ctx --hex 8
  tpm2_flushcontext hmac.ctx
`;

describe('tpm2-tools through the broker', function () {
  this.timeout(120_000);
  let daemon: TestDaemon;
  let tools: Tpm2Tools;

  before(async () => {
    daemon = await TestDaemon.start();
    tools = await Tpm2Tools.prepare(daemon);
  });
  after(() => daemon[Symbol.asyncDispose]());

  /** Returns the listed resources, which must not include any that nobody holds any more. */
  const leftOver = async () => {
    const rpc = await daemon.connect();
    try {
      return (await rpc.call('resource/list'))['resources'];
    } finally {
      rpc.close();
    }
  };

  const scenarios = (user: TestUser | undefined) => {
    const inFolder = async (text: string) => tools.script(await tools.workFolder(user), text, user);

    it('creates a key hierarchy and signs', async () => {
      await inFolder(KEY_AND_SIGNATURE);
    });
    it('seals under PCRs and unseals with a policy session across four processes', async () => {
      assert.equal(await inFolder(SEALED_UNDER_PCRS), 'secret');
    });
    it('duplicates a key to another parent', async () => {
      await inFolder(DUPLICATION);
    });
    it('quotes and verifies the quote', async () => {
      await inFolder(QUOTE);
    });
    it('authorizes with a policy that requires a password, and with an HMAC session', async () => {
      assert.match(await inFolder(AUTHENTICATED_POLICY), /^[0-9a-f]{16}$/);
    });
    it('flushes saved sessions of the user with flushcontext -s', async () => {
      const listed = await inFolder(`
        for name in 1 2 3; do tpm2_startauthsession -S $name.ctx; done
        tpm2_getcap handles-saved-session | wc -l
        tpm2_getcap handles-loaded-session | wc -l
        tpm2_flushcontext -s
        tpm2_getcap handles-saved-session | wc -l
      `);
      assert.deepEqual(listed.split('\n'), ['3', '0', '0']);
    });
    it('works in 8 processes at once', async () => {
      const folders = await Promise.all(Array.from({ length: 8 }, () => tools.workFolder(user)));
      const outputs = await Promise.all(
        folders.map((folder, index) =>
          tools.script(
            folder,
            index % 2 === 0 ? KEY_AND_SIGNATURE : `${KEY_AND_SIGNATURE}\ntpm2_getrandom --hex 4`,
            user,
          ),
        ),
      );
      assert.equal(outputs.filter((output) => /^[0-9a-f]{8}$/.test(output)).length, 4);
    });
  };

  describe('as root', () => {
    scenarios(undefined);
    it('defines, writes, reads and removes an NV index', async () => {
      assert.equal(await tools.script(await tools.workFolder(), NV), 'please123abc');
    });
    it('leaves nothing behind', async () => {
      assert.deepEqual(await leftOver(), []);
    });
  });

  (canBecomeOthers() ? describe : describe.skip)('as an ordinary user (needs root to become one)', () => {
    scenarios(ALICE);
    it('cannot load or flush the session that another user saved', async () => {
      const folder = await tools.workFolder();
      await tools.script(folder, 'tpm2_startauthsession -S root.ctx');
      const own = await tools.workFolder(ALICE);
      await tools.script(folder, `cp root.ctx ${own}/; chmod 644 ${own}/root.ctx`);
      await assert.rejects(tools.script(own, 'tpm2_policypcr -S root.ctx -l sha256:0', ALICE), /0x1CB/);
      assert.equal(await tools.script(own, 'tpm2_getcap handles-saved-session', ALICE), '');
      await tools.script(folder, 'tpm2_policyrestart -S root.ctx; tpm2_flushcontext root.ctx');
    });
    it('leaves nothing behind', async () => {
      assert.deepEqual(await leftOver(), []);
    });
  });
});
