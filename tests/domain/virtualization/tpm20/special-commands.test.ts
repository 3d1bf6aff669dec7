import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readUint32, responseCodeOf } from '../../../../ts-core/domain/tpm/command-header.js';
import { CommandAreas, CommandTable } from '../../../../ts-core/domain/tpm20/command-shape.js';
import { decodeCommandAttributes } from '../../../../ts-core/domain/tpm20/structures.js';
import { ScriptedTpm20 } from '../../../support/scripted-tpm20.js';
import {
  authorized,
  blobIn,
  command,
  contextLoad,
  contextSave,
  createPrimary,
  flushContext,
  getCapability,
  handleIn,
  handleListIn,
  hashSequenceStart,
  policyGetDigest,
  propertiesIn,
  readPublic,
  sign,
  startAuthSession,
  startup,
  u32,
} from '../../../support/tpm20-commands.js';
import { VirtualTpm20 } from '../../../support/virtual-tpm20.js';

const TRANSIENT = 0x80000000;

async function started(options: ConstructorParameters<typeof ScriptedTpm20>[0] = {}) {
  const tpm = new ScriptedTpm20(options);
  const broker = await VirtualTpm20.start((bytes) => tpm.transmit(bytes));
  return { tpm, broker };
}

describe('TPM 2.0 special commands', () => {
  it('Startup is answered as a started TPM does and never sent', async () => {
    const { tpm, broker } = await started();
    tpm.log.length = 0;
    assert.equal(await broker.client('uid:0').code(startup()), 0x100);
    assert.deepEqual(tpm.log, []);
  });

  it('FlushContext, ContextSave and ContextLoad of a wrong form are answered as a TPM does, and nothing is flushed', async () => {
    const { tpm, broker } = await started();
    const [owner, other] = [broker.client(), broker.client()];
    handleIn(await owner.send(createPrimary()));
    tpm.log.length = 0;
    assert.equal(await other.code(command(0x165, [])), 0x1da);
    assert.equal(await other.code(command(0x165, [0x80, 0])), 0x1da);
    assert.equal(await other.code(command(0x165, [...u32(TRANSIENT), 1])), 0x95);
    assert.equal(await other.code(authorized(0x165, [], u32(TRANSIENT))), 0x145);
    assert.equal(await other.code(command(0x162, [])), 0x19a);
    assert.equal(await other.code(command(0x162, [...u32(TRANSIENT), 1])), 0x95);
    assert.equal(await other.code(authorized(0x162, [TRANSIENT], [])), 0x145);
    assert.equal(await other.code(authorized(0x161, [], [])), 0x145);
    assert.deepEqual(tpm.log, []);
    assert.equal(await owner.code(readPublic(TRANSIENT)), 0);
  });

  it('a command that the TPM does not list is answered TPM_RC_COMMAND_CODE and not sent', async () => {
    const { tpm, broker } = await started();
    tpm.log.length = 0;
    assert.equal(await broker.client().code(command(0x20000001, u32(TRANSIENT))), 0x143);
    assert.equal(await broker.client().code(command(0x15e, u32(TRANSIENT))), 0x143);
    assert.deepEqual(tpm.log, []);
  });

  it('an audited GetCapability does not list the handles of others', async () => {
    const { broker } = await started();
    const [owner, other] = [broker.client(), broker.client()];
    handleIn(await owner.send(createPrimary()));
    const session = handleIn(await other.send(startAuthSession('hmac')));
    const audited = [{ session, attributes: 0x81 }];
    const question = [...u32(1), ...u32(TRANSIENT), ...u32(100)];
    assert.equal(await other.code(authorized(0x17a, [], question, audited)), 0x145);
    assert.equal(await other.code(authorized(0x17a, [], [...u32(6), ...u32(0x100), ...u32(5)], audited)), 0);
  });

  it('properties tell what a caller of the broker may count on, the same way on both paths', async () => {
    const { broker } = await started();
    const [client, other] = [broker.client(), broker.client('uid:1001')];
    for (let number = 0; number < 4; number++) handleIn(await other.send(createPrimary()));
    for (let number = 0; number < 3; number++) handleIn(await other.send(startAuthSession()));
    handleIn(await client.send(createPrimary()));
    const session = handleIn(await client.send(startAuthSession()));
    await client.send(contextSave(handleIn(await client.send(startAuthSession()))));
    const variable = getCapability(6, 0x200, 100);
    const told = [
      propertiesIn(await client.send(variable)),
      propertiesIn(await broker.run(() => broker.virtualizer.execute(client.contextId, variable))),
    ];
    for (const properties of told) {
      assert.equal(properties.get(0x203), 1, 'loaded sessions');
      assert.equal(properties.get(0x207), 26, 'transient objects to come');
    }
    assert.equal(propertiesIn(await client.send(getCapability(6, 0x114, 1))).get(0x114), 0xffffffff);
    assert.equal(await client.code(policyGetDigest(session)), 0);
  });

  it('a result that nobody waits for is undone: created things are flushed, saved and loaded sessions go back', async () => {
    const { tpm, broker } = await started();
    const client = broker.client();
    const discard = (sent: Uint8Array, response: Uint8Array) =>
      broker.run(() => broker.virtualizer.discard(client.contextId, sent, response));

    const create = createPrimary();
    await discard(create, await client.send(create));
    const sequence = hashSequenceStart();
    await discard(sequence, await client.send(sequence));
    assert.equal(tpm.objects.size, 0);
    const start = startAuthSession();
    await discard(start, await client.send(start));
    assert.equal(tpm.sessions.size, 0);

    const session = handleIn(await client.send(startAuthSession()));
    const save = contextSave(session);
    await discard(save, await client.send(save));
    assert.equal(await client.code(policyGetDigest(session)), 0, 'still loaded for its caller');

    const blob = blobIn(await client.send(contextSave(session)));
    const load = contextLoad(blob);
    await discard(load, await client.send(load));
    assert.equal(await client.code(policyGetDigest(session)), 0x910);
    assert.equal(handleIn(await client.send(contextLoad(blob))), session, 'the blob is still good');
    assert.equal(await client.code(policyGetDigest(session)), 0);
  });

  it('what an administrator removes is gone for its holder, and only that', async () => {
    const { tpm, broker } = await started();
    const client = broker.client();
    for (let number = 0; number < 5; number++) handleIn(await client.send(createPrimary()));
    const session = handleIn(await client.send(startAuthSession()));
    const resources = broker.virtualizer.resources();
    assert.deepEqual(
      resources.map(({ kind, userKey, contextId, virtualHandle }) => [kind, userKey, contextId, virtualHandle]),
      [
        ...[0, 1, 2, 3, 4].map((number) => ['transient', 'uid:1000', client.contextId, TRANSIENT + number]),
        ['loadedSession', 'uid:1000', client.contextId, session],
      ],
    );
    for (const index of [0, 4, 5]) {
      const id = (resources[index] as { id: string }).id;
      assert.equal(await broker.run(() => broker.virtualizer.removeResource(id)), true);
      assert.equal(await broker.run(() => broker.virtualizer.removeResource(id)), false);
    }
    assert.deepEqual(
      await Promise.all([0, 4].map((number) => client.code(readPublic(TRANSIENT + number)))),
      [0x910, 0x910],
    );
    assert.equal(await client.code(readPublic(TRANSIENT + 1)), 0);
    assert.equal(tpm.sessions.size, 0);
    assert.deepEqual(broker.virtualizer.counts(client.contextId), {
      transient: 3,
      loadedSessions: 0,
      savedSessions: 0,
    });
  });

  it('a TPM reset loses what contexts held, tells their callers so, and new work goes on', async () => {
    const { tpm, broker } = await started();
    const client = broker.client();
    for (let number = 0; number < 5; number++) handleIn(await client.send(createPrimary()));
    const session = handleIn(await client.send(startAuthSession()));
    const blob = blobIn(await client.send(contextSave(session)));
    tpm.reset();
    for (let number = 0; number < 5; number++) assert.equal(await client.code(readPublic(TRANSIENT + number)), 0x910);
    assert.equal(await client.code(contextLoad(blob)), 0x1cb);
    assert.deepEqual(broker.virtualizer.snapshot().savedSessions, []);
    assert.equal(handleIn(await client.send(createPrimary())), TRANSIENT);
  });
});

describe('TPM 2.0 snapshot', () => {
  it('gives saved sessions back to their users and flushes what else was left, but nothing after a TPM reset', async () => {
    const { tpm, broker } = await started();
    const client = broker.client();
    for (let number = 0; number < 5; number++) handleIn(await client.send(createPrimary()));
    const kept = handleIn(await client.send(startAuthSession()));
    const blob = blobIn(await client.send(contextSave(kept)));
    for (let number = 0; number < 4; number++) handleIn(await client.send(startAuthSession()));
    const previous = JSON.parse(JSON.stringify(broker.virtualizer.snapshot()));

    const next = await VirtualTpm20.start((bytes) => tpm.transmit(bytes), { previous });
    assert.deepEqual([tpm.objects.size, tpm.sessions.size], [0, 1]);
    assert.equal(await next.client('uid:1001').code(contextLoad(blob)), 0x1cb);
    assert.equal(handleIn(await next.client().send(contextLoad(blob))), kept);

    tpm.reset();
    tpm.transmit(startup());
    const foreign = handleIn(tpm.transmit(createPrimary()));
    const foreignSession = handleIn(tpm.transmit(startAuthSession()));
    await VirtualTpm20.start((bytes) => tpm.transmit(bytes), { previous });
    assert.deepEqual([...tpm.objects.keys()], [foreign]);
    assert.deepEqual([...tpm.sessions.keys()], [foreignSession & 0xffffff]);
  });

  it('changes are told when they happen', async () => {
    const { broker } = await started();
    let changes = 0;
    broker.virtualizer.onSnapshotChange = () => changes++;
    const client = broker.client();
    handleIn(await client.send(createPrimary()));
    assert.ok(changes > 0);
    const after = changes;
    await client.send(readPublic(TRANSIENT));
    assert.equal(changes, after, 'using an object changes nothing');
  });
});

describe('the direct path', () => {
  it('sends handle-less and resident commands without an exchange, in place', async () => {
    const { broker } = await started();
    const [first, second] = [broker.client(), broker.client()];
    handleIn(await first.send(createPrimary()));
    handleIn(await second.send(createPrimary()));
    const bytes = sign(TRANSIENT);
    const { direct } = broker.virtualizer;
    const physical = direct.begin(second.contextId, bytes);
    assert.equal(physical, bytes, 'the command’s own buffer');
    assert.equal(readUint32(bytes, 10), TRANSIENT + 1);
    direct.failed();
    assert.equal(readUint32(bytes, 10), TRANSIENT, 'the caller’s handle is restored');
    assert.equal(direct.begin(second.contextId, createPrimary()), null);
    assert.equal(await second.code(sign(TRANSIENT)), 0, 'the tables are compared and work goes on');
    assert.notEqual(direct.begin(second.contextId, getCapability(6, 0x100, 1)), null);
  });

  it('refers what it cannot do to the exchange', async () => {
    const { broker } = await started();
    const client = broker.client();
    for (let number = 0; number < 4; number++) handleIn(await client.send(createPrimary()));
    const { direct } = broker.virtualizer;
    for (const refused of [
      sign(TRANSIENT),
      sign(TRANSIENT + 9),
      startup(),
      flushContext(TRANSIENT),
      getCapability(1, TRANSIENT, 9),
      startAuthSession(),
      command(0x999, []),
    ]) {
      assert.equal(direct.begin(client.contextId, refused), null);
    }
  });
});

describe('what the TPM tells of its commands', () => {
  it('is read as TPMA_CC, page by page', async () => {
    const { broker } = await started({ pageItems: 3 });
    const { virtualizer } = broker;
    assert.equal(virtualizer.commandCodes().length, 17);
    assert.equal(virtualizer.maxCommandBytes, 4096);
    assert.deepEqual(virtualizer.handlesOf(startAuthSession()), [0x40000007, 0x40000007]);
    assert.deepEqual(virtualizer.handlesOf(getCapability(1, 0, 1)), []);
    assert.deepEqual(virtualizer.handlesOf(command(0x176, u32(5))), [5]);
    assert.equal(virtualizer.handlesOf(command(0x999, [])), null);
    assert.deepEqual(decodeCommandAttributes(0x13000131), {
      code: 0x131,
      handleCount: 1,
      returnsHandle: true,
      flushesHandles: true,
    });
    assert.equal(new CommandTable([decodeCommandAttributes(0x22000123)]).of(0x20000123)?.handleCount, 1);
  });
});

describe('handle and authorization areas', () => {
  it('are read from any bytes without an exception, and never beyond the command', () => {
    const areas = new CommandAreas();
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 10, maxLength: 80 }),
        fc.nat(7),
        fc.boolean(),
        (bytes, handles, sessions) => {
          bytes[0] = 0x80;
          bytes[1] = sessions ? 2 : 1;
          const fault = areas.read(bytes, handles);
          if (fault === 0) assert.ok(areas.parametersOffset <= bytes.length && areas.sessionCount <= 3);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('that are malformed are never sent', async () => {
    const { tpm, broker } = await started();
    const client = broker.client();
    handleIn(await client.send(createPrimary()));
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 4, maxLength: 60 }), async (body) => {
        const bytes = command(0x15d, [...u32(TRANSIENT), ...body]);
        bytes[1] = 2;
        const fault = new CommandAreas().read(bytes, 1);
        tpm.log.length = 0;
        const response = await client.send(bytes);
        if (fault !== 0) assert.deepEqual([responseCodeOf(response), tpm.log], [fault, []]);
      }),
    );
    assert.deepEqual(handleListIn(await client.send(getCapability(1, TRANSIENT, 9))).handles, [TRANSIENT]);
  });
});
